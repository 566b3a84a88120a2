//! Lets one build at a time do what two would spoil for each other.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
};

use super::{Context, failed};
use crate::failure::Result;

/// Locks a file until it is dropped: the system lets go of it when the process ends, however it does. `what` is done by another
/// build where this has to wait.
pub(super) fn take(context: &Context, path: &Path, what: &str) -> Result<File> {
    let wrong = |error: &io::Error| failed(path, "cannot be locked", error);
    let file = File::create(path).map_err(|error| wrong(&error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            context.say(&format!("Waiting for another build, which {what}"));
            file.lock().map_err(|error| wrong(&error))?;
        }
        Err(TryLockError::Error(error)) => return Err(wrong(&error)),
    }
    Ok(file)
}
