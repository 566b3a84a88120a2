//! Frees objects that only have each other.

use std::rc::Rc;

use crate::instance::{AnyEntity, AnyInstance};

/// Who an object of the list is: one more than its place there.
fn place(instance: &dyn AnyInstance, objects: &[AnyEntity]) -> Option<usize> {
    let at = usize::try_from(instance.state().mark.get()).ok()?.checked_sub(1)?;
    let is_it = objects.get(at).is_some_and(|object| std::ptr::addr_eq(Rc::as_ptr(&object.0), instance));
    is_it.then_some(at)
}

/// Unlinks objects that have no other handles than each other's. Those that a caller has a handle of stay, with all that they
/// lead to.
pub(super) fn free(mut listed: Vec<AnyEntity>) {
    let mut any = false;
    for object in &listed {
        object.0.links(&mut |_| any = true);
        if any {
            break;
        }
    }
    if !any {
        return;
    }
    // As they lie in memory, through which all of this walks several times.
    listed.sort_unstable_by_key(AnyEntity::address);
    let mut objects: Vec<AnyEntity> = Vec::with_capacity(listed.len());
    for object in listed {
        // One may be in several lists.
        if place(&*object.0, &objects).is_none() {
            object.0.state().mark.set(objects.len() as u64 + 1);
            objects.push(object);
        }
    }
    // How often each is held by another one.
    let mut held = vec![0_usize; objects.len()];
    for object in &objects {
        object.0.links(&mut |other| {
            if let Some(held) = place(other, &objects).and_then(|at| held.get_mut(at)) {
                *held += 1;
            }
        });
    }
    let mut kept = vec![false; objects.len()];
    let mut walk: Vec<usize> = Vec::new();
    for (at, (object, held)) in objects.iter().zip(&held).enumerate() {
        if Rc::strong_count(&object.0) > held + 1 {
            walk.push(at);
        }
    }
    while let Some(at) = walk.pop() {
        if kept.get_mut(at).is_some_and(|kept| !std::mem::replace(kept, true))
            && let Some(object) = objects.get(at)
        {
            object.0.links(&mut |other| walk.extend(place(other, &objects)));
        }
    }
    for (object, kept) in objects.iter().zip(kept) {
        if !kept {
            object.0.unlink();
        }
    }
}
