//! The writer queue of a file: one connection writes at a time, in the order of requests, over all databases of this
//! process that open the file.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Mutex, PoisonError, Weak},
};

use tokio::sync::Semaphore;

/// The queues by canonical path. A file without a pool that opened it has none.
static QUEUES: LazyLock<Mutex<HashMap<PathBuf, Weak<Semaphore>>>> = LazyLock::new(Mutex::default);

/// Returns the queue of a file. The file or its folder must exist.
pub(super) fn queue(path: &Path) -> std::io::Result<Arc<Semaphore>> {
    let path = canonical(path)?;
    let mut queues = QUEUES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(queue) = queues.get(&path).and_then(Weak::upgrade) {
        return Ok(queue);
    }
    queues.retain(|_, queue| queue.strong_count() > 0);
    let queue = Arc::new(Semaphore::new(1));
    queues.insert(path, Arc::downgrade(&queue));
    Ok(queue)
}

/// The canonical path of a file, with symbolic links resolved.
fn canonical(path: &Path) -> std::io::Result<PathBuf> {
    if let Ok(path) = path.canonicalize() {
        return Ok(path);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().ok_or(std::io::ErrorKind::InvalidInput)?;
    Ok(folder.canonicalize()?.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_has_one_queue_by_whatever_name() {
        let folder = std::env::temp_dir();
        let name = format!("sqlservice-writers-{}", std::process::id());
        let file = folder.join(&name);
        let before = queue(&file).expect("a queue");
        std::fs::write(&file, "").expect("a file");
        let after = queue(&folder.join(".").join(&name)).expect("a queue");
        assert!(Arc::ptr_eq(&before, &after));
        let other = queue(&folder.join("another")).expect("a queue");
        assert!(!Arc::ptr_eq(&before, &other));
        std::fs::remove_file(&file).expect("removed");
    }
}
