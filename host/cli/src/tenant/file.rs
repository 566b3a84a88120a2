//! A tenant's own SQLite file, in the directory of the database's URL.
//!
//! The tenant's name has only letters that change no path, so only links could lead elsewhere. No part below the directory of all
//! tenants may be a link, the file is created by a call that follows none, and afterwards the canonical path has to be the expected
//! one. A program that can change the directory meanwhile may write there anyway, so this needs no directory handles, as the paths of
//! plugins do.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use super::{
    TenantTarget,
    report::{Report, State},
    secret_file::new_file,
};
use crate::{
    args::Kind,
    config::sqlite_path,
    exit::Exit,
    failure::{Failure, Result},
    login,
};

/// Makes the file, or reports that it exists.
pub(super) async fn add(place: &TenantTarget<'_>) -> Result<Report> {
    if place.asked.secret_file.is_some() || place.asked.harden {
        return Err(Failure::new(Exit::Usage, "SQLite has no logins: --secret-file and --harden are for servers"));
    }
    let (root, below) = parts(place)?;
    let path = root.join(&below);
    let mut report = Report::new(place, Kind::File, vec![format!("the file {}", path.display())]);
    report.lines = report.lines_of_file(place);
    report.state = match (path.symlink_metadata().is_ok(), place.asked.dry_run) {
        (true, _) => State::There,
        (false, true) => State::Planned,
        (false, false) => State::Made,
    };
    if report.state == State::Planned {
        return Ok(report);
    }
    make(&root, &below)?;
    report.login = Some(login::check(&place.url).await);
    Ok(report)
}

/// Returns the directory of all tenants, and the path of this tenant's file in it.
fn parts(place: &TenantTarget<'_>) -> Result<(PathBuf, PathBuf)> {
    let path = sqlite_path(&place.url).unwrap_or_default();
    let other = if place.name.as_str() == "a" { "b" } else { "a" };
    let other = place.config.url(place.database, other).ok().and_then(|url| sqlite_path(&url));
    if other.as_ref() == Some(&path) {
        let words = format!("all tenants have the same file in database {:?}", place.asked.database);
        return Err(Failure::new(Exit::Usage, words).help("url = \"sqlite:tenants/{tenant}.db\" is a file for each"));
    }
    let root: PathBuf = match &other {
        Some(other) => path.components().zip(other.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect(),
        None => path.parent().unwrap_or(Path::new("")).to_owned(),
    };
    let below = path.strip_prefix(&root).unwrap_or(&path).to_owned();
    let root = if root.as_os_str().is_empty() { PathBuf::from(".") } else { root };
    Ok((root, below))
}

/// Makes the file, and the tenant's own directories.
fn make(root: &Path, below: &Path) -> Result<()> {
    let cannot =
        |path: &Path, error: io::Error| Failure::new(Exit::Host, format!("{} cannot be made: {error}", path.display()));
    let astray = |path: &Path| {
        let words =
            format!("{} is a link, or not what it has to be: it could lead to what is of others", path.display());
        Failure::new(Exit::Usage, words).help("remove it, or take another name; nothing was changed there")
    };
    let real = root.canonicalize().map_err(|error| cannot(root, error))?;
    let mut path = real.clone();
    let mut parts = below.components().peekable();
    while let Some(part) = parts.next() {
        let Component::Normal(name) = part else { return Err(astray(&path.join(part))) };
        path.push(name);
        let (found, is_last) = (path.symlink_metadata(), parts.peek().is_none());
        match found {
            Ok(found) if is_last && found.is_file() || !is_last && found.is_dir() => {}
            Ok(_) => return Err(astray(&path)),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(cannot(&path, error)),
            Err(_) if is_last => drop(new_file(&path).map_err(|error| cannot(&path, error))?),
            Err(_) => new_directory(&path).map_err(|error| cannot(&path, error))?,
        }
    }
    match path.canonicalize() {
        Ok(found) if found == real.join(below) => Ok(()),
        _ => Err(astray(&path)),
    }
}

/// Makes a directory for this user alone.
fn new_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_made_below_its_directory() {
        let dir = tempfile::tempdir().expect("a directory");
        make(dir.path(), Path::new("acme.db")).expect("a file");
        make(dir.path(), Path::new("globex/own.db")).expect("a file in a directory of its own");
        make(dir.path(), Path::new("acme.db")).expect("it is there");
        assert!(dir.path().join("acme.db").is_file() && dir.path().join("globex/own.db").is_file());
        for bad in ["../x.db", "globex/../x.db", "globex"] {
            assert_eq!(make(dir.path(), Path::new(bad)).expect_err(bad).exit(), Exit::Usage, "{bad}");
        }
        assert_eq!(make(&dir.path().join("none"), Path::new("a.db")).expect_err("none").exit(), Exit::Host);
    }

    #[cfg(unix)]
    #[test]
    fn no_link_leads_to_the_file_of_another() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().expect("a directory");
        let far = dir.path().join("far");
        fs::create_dir(&far).expect("a directory");
        let root = dir.path().join("tenants");
        fs::create_dir(&root).expect("a directory");
        fs::write(root.join("globex.db"), "").expect("a file");
        for (link, to) in [("acme.db", "globex.db"), ("acme", "../far"), ("lost.db", "../far/lost.db")] {
            symlink(to, root.join(link)).expect("a link");
            let below = if link == "acme" { "acme/own.db" } else { link };
            assert_eq!(make(&root, Path::new(below)).expect_err(link).exit(), Exit::Usage, "{link}");
        }
        assert_eq!(fs::read_dir(far).expect("a directory").count(), 0);
        // The directory of all tenants may be a link: it belongs to the operator.
        symlink(&root, dir.path().join("here")).expect("a link");
        make(&dir.path().join("here"), Path::new("new.db")).expect("a file");
    }
}
