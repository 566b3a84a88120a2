//! Mistakes of programmers in other languages, and the promises of those languages: errors are idiomatic, nothing traps, and no write
//! is lost behind a success.

use std::time::Duration;

use sqlservice_host::{Grant, SqlLimits, TenantLimits, Val};
use sqlservice_tests::{Backend, Fixture, for_each_within, guest};

use super::built;
use crate::scene::text;

/// The time limit for one guest on one database.
const PATIENCE: Duration = Duration::from_secs(300);

/// Calls a guest's function on each database, and passes its lines to `judge`.
fn on_each(
    project: &str,
    function: &str,
    arguments: &[Val],
    limits: &TenantLimits,
    judge: impl Fn(Backend, &[String]),
) {
    let component = built(project);
    let component = component.to_str().expect("UTF-8");
    for_each_within(PATIENCE, &Backend::ALL, async |fixture| {
        let lines = said(fixture, component, function, arguments, limits.clone()).await;
        judge(fixture.backend(), &lines);
    });
}

async fn said(
    fixture: &Fixture,
    component: &str,
    function: &str,
    arguments: &[Val],
    limits: TenantLimits,
) -> Vec<String> {
    let grant = Grant::new(fixture.open()).raw_sql(true).schema_changes(true);
    let tenant = guest::engine().tenant("careless").limits(limits).database(guest::DATABASE, grant).build();
    let mut instance = guest::compiled(component).instantiate(&tenant.expect("a tenant")).await.expect("an instance");
    match instance.call(function, arguments).await {
        Ok(Some(Val::List(lines))) => lines.into_iter().map(line).collect(),
        Ok(Some(Val::Result(Ok(Some(lines))))) => match *lines {
            Val::List(lines) => lines.into_iter().map(line).collect(),
            other => panic!("{function} on {}: {other:?}", fixture.backend()),
        },
        other => panic!("{function} on {}: {other:?}", fixture.backend()),
    }
}

fn line(value: Val) -> String {
    match value {
        Val::String(line) => line,
        Val::S64(number) => number.to_string(),
        other => panic!("no line: {other:?}"),
    }
}

/// Long limits, because the mistakes take time on a busy machine.
fn patient() -> TenantLimits {
    TenantLimits::default().call_time(PATIENCE).processor_time(PATIENCE).sql(SqlLimits::trusted())
}

/// Runs a guest that returns its failures and then the number of its cases. Expects no failure and at least `least` cases.
fn does_all(project: &str, function: &str, unit: &str, least: u32) {
    on_each(project, function, &[], &patient(), |backend, lines| {
        let [count] = lines else { panic!("on {backend}: {}", lines.join("\n")) };
        let number = count.strip_suffix(unit).and_then(|number| number.trim().parse::<u32>().ok());
        assert!(number.is_some_and(|number| number >= least), "on {backend}: {count}");
    });
}

#[test]
fn mistakes_in_go_are_errors() {
    does_all("tests/languages/go", "mistakes", "mistakes", 80);
}

#[test]
fn mistakes_in_c_are_errors() {
    does_all("tests/languages/c", "mistakes", "mistakes", 50);
}

#[test]
fn mistakes_in_python_raise() {
    let everything = [text(""), Val::S64(20_261_130)];
    on_each("guest-sdk/python/tests/mistakes", "check", &everything, &patient(), |backend, lines| {
        let wrong: Vec<&String> = lines.iter().filter(|line| !line.starts_with("ok ")).collect();
        assert!(wrong.is_empty() && lines.len() > 20, "on {backend}: {} tried; {wrong:#?}", lines.len());
    });
}

#[test]
fn the_driver_in_go_keeps_the_promises_of_the_standard_library() {
    does_all("tests/languages/go", "database-sql", "promises", 50);
}

/// sqlx, squirrel, bun, ent's builder and code that sqlc generates.
#[test]
fn libraries_for_go_work_over_the_driver() {
    does_all("tests/languages/go/libraries", "libraries", "programs", 5);
}

/// The host's results lie outside of the garbage collector's heap, and their memory is freed.
#[test]
fn reading_often_in_go_takes_no_more_memory() {
    let often = [Val::S64(200), Val::S64(2_000)];
    on_each("tests/languages/go", "collect-garbage", &often, &patient(), |backend, lines| {
        let bytes: Vec<u64> = lines.iter().map(|line| line.parse().expect("a number")).collect();
        let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { panic!("on {backend}: nothing") };
        assert!(*last <= 2 * *first, "on {backend}: {bytes:?}");
    });
}

/// A transaction that a time limit closed is reported as `transaction-closed`, for every way to end it.
fn tells_what_was_lost(project: &str, pause: &Val) {
    let limits = patient().sql(SqlLimits::default().idle_transaction_time(Duration::from_millis(200)));
    on_each(project, "idle", std::slice::from_ref(pause), &limits, |backend, lines| {
        let Some((rows, ways)) = lines.split_last() else { panic!("on {backend}: nothing") };
        let told = ways.iter().all(|way| way.ends_with(": transaction-closed"));
        assert!(told && ways.len() > 2 && rows == "0 rows", "on {backend}: {lines:#?}");
    });
}

#[test]
fn what_a_limit_undid_is_told_in_go() {
    tells_what_was_lost("tests/languages/go", &Val::S64(500));
}

#[test]
fn what_a_limit_undid_is_told_in_c() {
    tells_what_was_lost("tests/languages/c", &Val::U32(500));
}

/// Random values that were drawn while a component was built do not recur in its instances.
#[test]
fn no_instance_in_python_draws_what_another_one_drew() {
    let component = built("guest-sdk/python/tests/mistakes");
    let component = component.to_str().expect("UTF-8");
    for_each_within(PATIENCE, &[Backend::Sqlite], async |fixture| {
        let one = said(fixture, component, "chance", &[], patient()).await;
        let other = said(fixture, component, "chance", &[], patient()).await;
        let common: Vec<&String> = one.iter().filter(|line| other.contains(line)).collect();
        assert!(one.len() > 3 && common.is_empty(), "{one:#?} and {other:#?}");
    });
}
