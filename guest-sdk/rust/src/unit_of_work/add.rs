//! Adding objects with their related objects, including detached ones of another session.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::UnitOfWork;
use crate::{
    Error, Result,
    instance::{AnyEntity, Status, cascade},
    mapping::RelationshipMapping,
};

impl UnitOfWork {
    /// Adds an object to the session explicitly. A detached object brings along its detached related objects (`save-update`), at
    /// any depth.
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
        // Adds all or none: the session, or the graph itself, may have another object for the same row.
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

    /// Fails if the session has another object for the row of an object to attach.
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
