//! File locks, for steps that two builds must not run at the same time.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
};

use super::{Context, failed};
use crate::failure::Result;

/// Locks a file until it is dropped; the system releases the lock when the process ends in any way. `what` describes, in the message,
/// what the other build does that this one waits for.
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
