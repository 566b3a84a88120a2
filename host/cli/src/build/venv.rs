//! The machine's Python, and packages of PyPI that it installs into virtual environments.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    UNFINISHED,
    tool::{self, Tool},
};
use crate::{
    exit::Exit,
    failure::{Failure, Result},
};

/// A script that prints a Python's version, whether it can make virtual environments, and its path.
const PROBE: &str = "\
import sys
try:
    import ensurepip, venv
    able = 'venv'
except ImportError:
    able = 'bare'
print('%d.%d.%d' % sys.version_info[:3], able, sys.executable)";

/// The help where no Python is good enough.
const HELP: &str = "install Python 3.11 or newer with venv: on Debian and Ubuntu `apt install python3 python3-venv`, \
    elsewhere from https://www.python.org or by your package manager";

/// The oldest Python with which compilers can be installed.
const OLDEST: [u32; 2] = [3, 10];

/// Finds the machine's Python, for uses that need no particular version.
pub(super) fn any_python() -> Result<Tool> {
    python(OLDEST)
}

/// Finds the machine's Python, if it is of this version or a newer one and can make virtual environments.
pub(super) fn python(oldest: [u32; 2]) -> Result<Tool> {
    let mut why = "Python is not on the PATH".to_owned();
    for name in ["python3", "python"] {
        let Some(path) = tool::which(name) else { continue };
        match probe(&path, oldest) {
            Ok(python) => return Ok(python),
            Err(reason) => why = reason,
        }
    }
    Err(Failure::new(Exit::Host, why).help(HELP))
}

fn probe(path: &Path, oldest: [u32; 2]) -> std::result::Result<Tool, String> {
    let mut command = tool::command(path);
    command.args(["-I", "-c", PROBE]);
    let said = tool::answer(command).ok_or_else(|| format!("{} does not run", path.display()))?;
    read(path, &said, oldest)
}

fn read(path: &Path, said: &str, oldest: [u32; 2]) -> std::result::Result<Tool, String> {
    let mut words = said.splitn(3, ' ');
    let (Some(version), Some(able), Some(executable)) = (words.next(), words.next(), words.next()) else {
        return Err(format!("{} is not Python", path.display()));
    };
    let python = Tool { name: "Python", version: version.to_owned(), path: PathBuf::from(executable) };
    if python.numbers() < oldest.to_vec() {
        return Err(format!("{} is Python {version}, which is too old", path.display()));
    }
    if able != "venv" {
        return Err(format!("{} is Python {version} without the module venv", path.display()));
    }
    Ok(python)
}

/// Installs packages in a new virtual environment, with the pins and hashes of a requirements file.
pub(super) fn install(python: &Tool, dir: &Path, requirements: &str) -> Result<()> {
    tool::install(python.command().args(["-I", "-m", "venv"]).arg(dir))?;
    let file = dir.join("requirements.txt");
    fs::write(&file, requirements).map_err(|error| super::failed(&file, "cannot be written", &error))?;
    let mut pip = tool::command(executable(dir));
    pip.args(["-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-cache-dir"]);
    pip.args(["--only-binary=:all:", "--no-deps", "--require-hashes", "-r"]).arg(&file);
    tool::install(&mut pip)?;
    settle(dir).map_err(|error| super::failed(dir, "cannot be finished", &error))
}

/// Rewrites the path of the virtual environment in its programs, which name its Python by path, to the path that it has when it is
/// complete.
fn settle(dir: &Path) -> io::Result<()> {
    let Some(path) = dir.to_str() else { return Ok(()) };
    let whole = path.strip_suffix(UNFINISHED).unwrap_or(path);
    let Some(programs) = executable(dir).parent().map(Path::to_owned) else { return Ok(()) };
    for entry in fs::read_dir(programs)? {
        let file = entry?.path();
        // Binary programs find their Python beside them.
        let Ok(text) = fs::read_to_string(&file) else { continue };
        if text.contains(path) {
            fs::write(&file, text.replace(path, whole))?;
        }
    }
    Ok(())
}

/// Returns the Python of a virtual environment.
pub(super) fn executable(dir: &Path) -> PathBuf {
    if cfg!(windows) { dir.join("Scripts/python.exe") } else { dir.join("bin/python") }
}

/// Returns the directory of a package in a virtual environment.
pub(super) fn package(dir: &Path, name: &str) -> Result<PathBuf> {
    let mut python = tool::command(executable(dir));
    python.args(["-I", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]);
    let place = tool::answer(python).map(|path| PathBuf::from(path).join(name)).filter(|path| path.is_dir());
    place.ok_or_else(|| {
        Failure::new(Exit::Host, format!("{} does not hold {name} as it was installed", dir.display()))
            .help("remove that directory; it is installed again then")
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::read;

    #[test]
    fn a_python_has_to_be_new_enough_and_able() {
        let python = |said: &str| read(Path::new("/usr/bin/python3"), said, [3, 10]);
        assert_eq!(python("3.11.2 venv /usr/bin/python3").expect("Python").version, "3.11.2");
        assert_eq!(python("3.10.0 venv /a b/python").expect("Python").path, Path::new("/a b/python"));
        assert!(python("3.9.18 venv /usr/bin/python3").expect_err("old").contains("too old"));
        assert!(python("3.11.2 bare /usr/bin/python3").expect_err("bare").contains("without the module venv"));
        assert!(python("Microsoft Store").expect_err("none").contains("is not Python"));
    }
}
