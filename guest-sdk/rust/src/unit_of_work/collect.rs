//! Frees objects that are only reachable from each other.

use std::rc::Rc;

use crate::instance::{AnyEntity, AnyInstance};

/// Returns an instance's index in the list. Its mark is the index plus one.
fn place(instance: &dyn AnyInstance, objects: &[AnyEntity]) -> Option<usize> {
    let at = usize::try_from(instance.state().mark.get()).ok()?.checked_sub(1)?;
    let is_it = objects.get(at).is_some_and(|object| std::ptr::addr_eq(Rc::as_ptr(&object.0), instance));
    is_it.then_some(at)
}

/// Unlinks objects that are only held by each other. Objects that a caller holds stay, with all objects reachable from them.
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
    // In address order, as the passes below traverse the memory several times.
    listed.sort_unstable_by_key(AnyEntity::address);
    let mut objects: Vec<AnyEntity> = Vec::with_capacity(listed.len());
    for object in listed {
        // An object may be in several lists.
        if place(&*object.0, &objects).is_none() {
            object.0.state().mark.set(objects.len() as u64 + 1);
            objects.push(object);
        }
    }
    // The number of handles of each object that other objects hold.
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
