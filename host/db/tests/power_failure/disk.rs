//! A simulated disk that guarantees only synced data: it computes the files that may remain after a power failure.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use crate::vfs::Event;

/// The unit that a disk writes atomically, in bytes.
const SECTOR: usize = 512;

/// A generator of pseudorandom numbers, the same in each run.
pub struct Dice(pub u64);

impl Dice {
    /// Returns a number below a bound.
    pub fn below(&mut self, bound: usize) -> usize {
        // Splitmix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) >> 1).expect("63 bits") % bound
    }
}

/// The part of the unsynced changes that survives.
pub enum Keep {
    Nothing,
    Everything,
    /// Some writes of each file, whole or torn; the first few changes of each directory entry.
    Some(Dice),
}

/// An unsynced change of a file.
enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

#[derive(Default)]
struct Inode {
    synced: Vec<u8>,
    later: Vec<Change>,
}

/// The simulated files of a folder.
#[derive(Default)]
pub struct Disk {
    inodes: Vec<Inode>,
    /// The inode of each open file, and whether its first sync is still to come and also syncs the folder.
    opened: HashMap<usize, (usize, bool)>,
    /// The synced directory entries, the changes since, and the entries that programs see.
    synced: BTreeMap<PathBuf, usize>,
    later: Vec<(PathBuf, Option<usize>)>,
    now: BTreeMap<PathBuf, usize>,
}

impl Disk {
    /// Applies a recorded event.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Open { file, path, syncs_folder } => {
                let inode = match self.now.get(path) {
                    Some(inode) => *inode,
                    None => self.create(path),
                };
                self.opened.insert(*file, (inode, *syncs_folder));
            }
            Event::Write { file, offset, bytes } => {
                let at = usize::try_from(*offset).expect("small files");
                self.inode(*file).later.push(Change::Write(at, bytes.clone()));
            }
            Event::Truncate { file, size } => {
                let size = usize::try_from(*size).expect("small files");
                self.inode(*file).later.push(Change::Truncate(size));
            }
            Event::Sync { file } => {
                let inode = self.inode(*file);
                for change in std::mem::take(&mut inode.later) {
                    change.apply(&mut inode.synced);
                }
                let (_, syncs_folder) = self.opened.get_mut(file).expect("an opened file");
                if std::mem::take(syncs_folder) {
                    self.sync_folder();
                }
            }
            Event::Delete { path, synced } => {
                self.now.remove(path);
                self.later.push((path.clone(), None));
                if *synced {
                    self.sync_folder();
                }
            }
            Event::Begun | Event::Acknowledged => {}
        }
    }

    fn create(&mut self, path: &Path) -> usize {
        let inode = self.inodes.len();
        self.inodes.push(Inode::default());
        self.now.insert(path.to_owned(), inode);
        self.later.push((path.to_owned(), Some(inode)));
        inode
    }

    fn inode(&mut self, file: usize) -> &mut Inode {
        let (inode, _) = self.opened[&file];
        &mut self.inodes[inode]
    }

    fn sync_folder(&mut self) {
        self.synced = self.now.clone();
        self.later.clear();
    }

    /// Whether there are changes that a power failure may lose.
    pub fn has_unsynced(&self) -> bool {
        !self.later.is_empty() || self.inodes.iter().any(|inode| !inode.later.is_empty())
    }

    /// Returns the files that remain after a power failure.
    pub fn left(&self, mut keep: Keep) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut entries = self.synced.clone();
        let mut lost = Vec::new();
        for (path, inode) in &self.later {
            let happens = match &mut keep {
                Keep::Nothing => false,
                Keep::Everything => true,
                // A later change of an entry does not survive without the earlier ones.
                Keep::Some(dice) => !lost.contains(&path) && dice.below(2) == 0,
            };
            match inode {
                _ if !happens => lost.push(path),
                Some(inode) => drop(entries.insert(path.clone(), *inode)),
                None => drop(entries.remove(path)),
            }
        }
        entries.into_iter().map(|(path, inode)| (path, self.inodes[inode].left(&mut keep))).collect()
    }
}

impl Inode {
    fn left(&self, keep: &mut Keep) -> Vec<u8> {
        let mut bytes = self.synced.clone();
        for change in &self.later {
            match keep {
                Keep::Nothing => {}
                Keep::Everything => change.apply(&mut bytes),
                Keep::Some(dice) => match dice.below(4) {
                    0 => change.tear(&mut bytes, dice),
                    1 => {}
                    _ => change.apply(&mut bytes),
                },
            }
        }
        bytes
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(at, new) => write(bytes, *at, new),
            Self::Truncate(size) => bytes.resize(*size, 0),
        }
    }

    /// Applies a part of a write: its first bytes, or some of its sectors.
    fn tear(&self, bytes: &mut Vec<u8>, dice: &mut Dice) {
        let Self::Write(at, new) = self else { return };
        if dice.below(2) == 0 {
            return write(bytes, *at, &new[..dice.below(new.len() + 1)]);
        }
        for (number, sector) in new.chunks(SECTOR).enumerate() {
            if dice.below(2) == 0 {
                write(bytes, at + number * SECTOR, sector);
            }
        }
    }
}

fn write(bytes: &mut Vec<u8>, at: usize, new: &[u8]) {
    let end = at + new.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[at..end].copy_from_slice(new);
}
