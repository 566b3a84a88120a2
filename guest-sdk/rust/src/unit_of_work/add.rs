//! Adding objects, also detached ones of another session, with what they lead to.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::UnitOfWork;
use crate::{
    Error, Result,
    instance::{AnyEntity, Status, cascade},
    mapping::RelationshipMapping,
};

impl UnitOfWork {
    /// Puts an object into the session by name. One that another session had brings along, at any depth, what that one had as well.
    pub(crate) fn add(self: &Rc<Self>, object: &AnyEntity) -> Result<()> {
        if object.status() != Status::Detached {
            self.take_turns(object);
            self.attach(object)?;
            self.come_back(object);
            return Ok(());
        }
        let joins = |relation: &RelationshipMapping, item: &AnyEntity| {
            relation.save_update && item.status() == Status::Detached && !item.0.state().is_gone.get()
        };
        let mut all = cascade(object, joins);
        all.insert(0, object.clone());
        // All of them or none: the session may have another object for a row, and so may the graph itself.
        let mut rows = FxHashSet::default();
        for object in &all {
            self.check_only(object)?;
            if !rows.insert((object.0.mapper().of, object.0.stored_key())) {
                return Err(has_another(object));
            }
        }
        all.iter().try_for_each(|object| self.attach(object))?;
        self.come_back(object);
        Ok(())
    }

    /// Whether the session has no other object for the row of one that comes into it.
    pub(super) fn check_only(&self, object: &AnyEntity) -> Result<()> {
        match self.find(object.0.mapper().of, &object.0.stored_key()) {
            Some(known) if known != *object => Err(has_another(object)),
            _ => Ok(()),
        }
    }
}

fn has_another(object: &AnyEntity) -> Error {
    Error::invalid(format!("the session has another object for this row of {:?}: merge it", object.table()))
}
