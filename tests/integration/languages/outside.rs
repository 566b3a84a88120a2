//! The same programs run in the sandbox and outside of it, and other projects' tests run in the sandbox: libraries behave as their users
//! expect.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
    time::Duration,
};

use sqlservice_tests::{Backend, Fixture, for_each_within, servers, source};
use xtask::{
    languages::{Built, build, environment, npm, packages},
    servers::{MARIADB_VARIABLE, POSTGRES_VARIABLE},
};

use super::built;
use crate::readme;

/// The time limit for a suite on one database.
const PATIENCE: Duration = Duration::from_secs(900);

/// The variable from which a command reads the URL of a case's database.
const VARIABLE: &str = "SQLSERVICE_TEST_OUTSIDE";

/// The path of the command `sqlservice`.
fn sqlservice() -> PathBuf {
    readme::programs().join("sqlservice")
}

/// Runs a command and returns its standard output. Panics with all of its output if the command fails.
#[track_caller]
fn printed(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("it starts");
    let [out, err] = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(status.success(), "{status}\n{out}\n{err}");
    out
}

/// A Python command in a folder of the project, which leaves no bytecode there.
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

/// The folder of the programs that use SQLAlchemy.
const SQLALCHEMY: &str = "tests/languages/sqlalchemy";

/// The folder of their built components.
fn kept() -> String {
    xtask::workspace::target().join("languages/sqlalchemy").to_str().expect("UTF-8").to_owned()
}

/// The Python of `componentize-py`, which builds components.
fn componentize() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        readme::programs();
        let Built { tools, .. } = build("tests/languages/python").expect("Python's guest");
        of_package(&tools.get("componentize-py").expect("what makes it").path)
    })
}

/// Runs a test suite of SQLAlchemy, whose component is built once. Its results must equal those in the README.
fn sqlalchemys_suite(suite: &str, backends: &[Backend]) {
    static READY: OnceLock<()> = OnceLock::new();
    READY.get_or_init(|| {
        for step in ["fetch", "build"] {
            printed(&mut python(componentize(), SQLALCHEMY, &["run.py", step, "--work", &kept()]));
        }
    });
    for_each_within(PATIENCE, backends, async |fixture: &Fixture| {
        let arguments = ["run.py", "test", "--check", "--suite", suite, "--work", &kept(), "--database", fixture.url()];
        let mut run = python(componentize(), SQLALCHEMY, &arguments);
        run.arg("--sqlservice").arg(sqlservice()).env("SQLSERVICE_CACHE", readme::cache());
        printed(&mut run);
    });
}

/// Converts a database's URL to SQLAlchemy's form.
fn sqlalchemys(url: &str) -> String {
    let drivers =
        [("sqlite://", "sqlite:///"), ("postgres://", "postgresql+psycopg://"), ("mariadb://", "mysql+pymysql://")];
    let driver = drivers.iter().find_map(|(ours, theirs)| Some(format!("{theirs}{}", url.strip_prefix(ours)?)));
    driver.unwrap_or_else(|| panic!("no driver for {url}"))
}

/// Runs random walks through ORM sessions, inside and outside of the sandbox, on two databases that must end up with equal rows.
fn sessions_walk(backend: Backend, first: u32) {
    static READY: OnceLock<PathBuf> = OnceLock::new();
    let program = READY.get_or_init(|| {
        printed(&mut python(componentize(), SQLALCHEMY, &["compare.py", "build", "--work", &kept()]));
        packages("sqlalchemy", &format!("{SQLALCHEMY}/outside.txt")).expect("the drivers outside").join("bin/python")
    });
    for_each_within(PATIENCE, &[backend], async |fixture: &Fixture| {
        fixture
            .with_another(async |other: &Fixture| {
                let mut run = python(program, SQLALCHEMY, &["compare.py", "test", "--work", &kept()]);
                run.args(["--database", fixture.url(), "--beside", &sqlalchemys(other.url())]);
                run.args(["--first", &first.to_string(), "--seeds", "60", "--sqlservice"]).arg(sqlservice());
                let said = printed(run.env("SQLSERVICE_CACHE", readme::cache()));
                assert!(said.contains("60 walks, 0 apart"), "on {backend}: {said}");
            })
            .await;
    });
}

/// Runs programs with Kysely in the sandbox and on Node.js. Their results must equal those in the README.
fn kyselys_programs(database: &str) {
    const FOLDER: &str = "tests/languages/kysely";
    readme::programs();
    let Built { component, tools, .. } = build(FOLDER).expect("the programs");
    let mut run = npm(&tools.get("Node.js").expect("what runs them").path, FOLDER).expect("npm");
    run.args(["test", "--silent", "--", "--check", "--database", database, "--component"]).arg(component);
    run.arg("--sqlservice").arg(sqlservice()).env("SQLSERVICE_CACHE", readme::cache());
    let said = printed(run.env(POSTGRES_VARIABLE, servers::postgres()).env(MARIADB_VARIABLE, servers::mariadb()));
    assert!(said.contains(" passed, 0 failed"), "on {database}: {said}");
}

/// The Python of the environment that holds a package.
fn of_package(package: &Path) -> PathBuf {
    package.ancestors().nth(4).expect("a place").join("bin/python")
}

#[test]
fn sqlalchemys_own_suite_passes_on_sqlite() {
    sqlalchemys_suite("dialect", &[Backend::Sqlite]);
}

#[test]
fn sqlalchemys_own_suite_passes_on_postgresql() {
    sqlalchemys_suite("dialect", &[Backend::Postgres]);
}

#[test]
fn sqlalchemys_own_suite_passes_on_mariadb() {
    sqlalchemys_suite("dialect", &[Backend::MariaDb]);
}

#[test]
fn sqlalchemys_tests_of_the_orm_pass() {
    sqlalchemys_suite("orm", &[Backend::Sqlite]);
}

#[test]
fn sqlalchemys_tests_of_asyncio_pass() {
    sqlalchemys_suite("asyncio", &Backend::ALL);
}

#[test]
fn the_tests_of_pypis_sqlservice_pass() {
    sqlalchemys_suite("sqlservice", &Backend::ALL);
}

#[test]
fn sessions_of_sqlalchemys_orm_do_the_same_inside_on_sqlite() {
    sessions_walk(Backend::Sqlite, 1);
}

#[test]
fn sessions_of_sqlalchemys_orm_do_the_same_inside_on_postgresql() {
    sessions_walk(Backend::Postgres, 101);
}

#[test]
fn sessions_of_sqlalchemys_orm_do_the_same_inside_on_mariadb() {
    sessions_walk(Backend::MariaDb, 201);
}

#[test]
fn kyselys_programs_do_the_same_inside_on_sqlite() {
    kyselys_programs("sqlite");
}

#[test]
fn kyselys_programs_do_the_same_inside_on_postgresql() {
    kyselys_programs("postgresql");
}

#[test]
fn kyselys_programs_do_the_same_inside_on_mariadb() {
    kyselys_programs("mariadb");
}
