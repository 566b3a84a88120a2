//! The loads that other loads start from.

use super::LoadPlan;
use crate::{Error, Result};

/// The most loads of a plan.
pub(super) const LOADS: usize = 256;

/// Returns the source of each load: the plan's own rows or exactly one earlier load. So there is no cycle, and loads can run in
/// the order of the list.
pub(super) fn owners(plan: &LoadPlan) -> Result<Vec<Option<usize>>> {
    if plan.loads.len() > LOADS {
        let count = plan.loads.len();
        return Err(Error::invalid(format!("a plan has {count} loads, {LOADS} are the most")));
    }
    let mut owners: Vec<Option<Option<usize>>> = vec![None; plan.loads.len()];
    let roots = plan.roots.iter().map(|load| (None, *load));
    let nested =
        plan.loads.iter().enumerate().flat_map(|(at, load)| load.nested.iter().map(move |next| (Some(at), *next)));
    for (owner, load) in roots.chain(nested) {
        let at = load as usize;
        let follows = owner.is_none_or(|owner| owner < at);
        match owners.get_mut(at).filter(|owner| owner.is_none() && follows) {
            Some(place) => *place = Some(owner),
            None => {
                return Err(Error::invalid(format!(
                    "the load {load} of a plan is not there, comes too early or twice"
                )));
            }
        }
    }
    let missing = |load: usize| Error::invalid(format!("the load {load} of a plan starts from nothing"));
    owners.into_iter().enumerate().map(|(at, owner)| owner.ok_or_else(|| missing(at))).collect()
}
