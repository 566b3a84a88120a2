//! The same programs in the sandbox and outside of it, and the tests of other projects in the sandbox: what people know of their libraries
//! holds here.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
    time::Duration,
};

use sqlservice_tests::{Backend, Fixture, for_each_within, source};
use xtask::languages::{Built, build, environment};

use super::built;
use crate::readme;

/// How long a suite may take on one database.
const PATIENCE: Duration = Duration::from_secs(900);

/// The database of a case, where a command takes it from.
const VARIABLE: &str = "SQLSERVICE_TEST_OUTSIDE";

/// `sqlservice`, as people run it.
fn sqlservice() -> PathBuf {
    readme::programs().join("sqlservice")
}

/// What a command prints. Fails with all of it where it fails.
#[track_caller]
fn printed(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("it starts");
    let [out, err] = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(status.success(), "{status}\n{out}\n{err}");
    out
}

/// A command of Python in a folder of the project, which leaves nothing there.
fn python(program: impl AsRef<OsStr>, folder: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.current_dir(source::root().join(folder)).args(arguments).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

#[test]
fn the_seeds_page_prints_what_it_prints_outside() {
    let program = environment("python").expect("the packages of the page").join("bin/python");
    let outside = printed(&mut python(&program, "plugins/seed", &["page.py", "run"]));
    assert!(outside.contains("Table('users', "), "the page prints {outside:?}");
    let page = printed(&mut python(&program, "plugins/seed", &["page.py"]));
    let component = built("plugins/seed");
    for_each_within(PATIENCE, &Backend::ALL, async |fixture| {
        let mut run = Command::new(sqlservice());
        run.arg("run").arg(&component).args(["run-page", page.trim_end(), "--quiet"]).current_dir(fixture.dir());
        run.env("SQLSERVICE_CACHE", readme::cache()).env(VARIABLE, fixture.url());
        let inside = printed(run.args(["--database", &format!("env:{VARIABLE}")]));
        assert_eq!(inside.trim_end(), outside.trim_end(), "on {}", fixture.backend());
    });
}

/// SQLAlchemy's own suite for dialects, whose component is made once.
fn sqlalchemys_suite(backend: Backend) {
    static READY: OnceLock<PathBuf> = OnceLock::new();
    const FOLDER: &str = "tests/languages/sqlalchemy";
    let work = xtask::workspace::target().join("languages/sqlalchemy");
    let work = work.to_str().expect("UTF-8");
    let program = READY.get_or_init(|| {
        readme::programs();
        let Built { tools, .. } = build("tests/languages/python").expect("Python's guest");
        let program = of_package(&tools.get("componentize-py").expect("what makes it").path);
        for step in ["fetch", "build"] {
            printed(&mut python(&program, FOLDER, &["run.py", step, "--work", work]));
        }
        program
    });
    for_each_within(PATIENCE, &[backend], async |fixture: &Fixture| {
        let mut run =
            python(program, FOLDER, &["run.py", "test", "--check", "--work", work, "--database", fixture.url()]);
        run.arg("--sqlservice").arg(sqlservice()).env("SQLSERVICE_CACHE", readme::cache());
        printed(&mut run);
    });
}

/// The Python of the place that holds a package.
fn of_package(package: &Path) -> PathBuf {
    package.ancestors().nth(4).expect("a place").join("bin/python")
}

#[test]
fn sqlalchemys_own_suite_passes_on_sqlite() {
    sqlalchemys_suite(Backend::Sqlite);
}

#[test]
fn sqlalchemys_own_suite_passes_on_mariadb() {
    sqlalchemys_suite(Backend::MariaDb);
}
