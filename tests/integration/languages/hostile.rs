//! The host withstands guests in other languages as it withstands those in Rust: `tests/languages/hostile.json` has the expected outcome
//! of each attack of the guests `hostile-python` and `hostile-javascript`, and the tables of others stay unchanged.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use sqlservice_db::Database;
use sqlservice_host::{
    Access, Grant, Settings, SqlLimits, Tenant, TenantLimits, Val,
    policy::{Allow, Policy, TablePolicy},
};
use sqlservice_tests::{Backend, Fixture, for_each_within, guest, source};

use super::built;
use crate::{sandbox::directory::Place, scene::text};

/// The time limit for all attacks of one language on one database.
const PATIENCE: Duration = Duration::from_secs(900);

/// The rows of the tables, which must be the same before and after an attack.
const TABLES: [(&str, &[&str]); 3] = [
    ("SELECT id, name, COALESCE(note, '-') FROM users ORDER BY id", &["1 ann -", "2 bob -", "3 cat -"]),
    ("SELECT id, word FROM secrets", &["1 hidden"]),
    ("SELECT id, tenant_id, text FROM notes ORDER BY id", &["1 7 a", "2 7 b", "11 8 c", "12 8 d"]),
];

/// Attacks of a language on one database.
struct Attacks<'a> {
    fixture: &'a Fixture,
    component: &'a str,
    database: Database,
    place: Place,
}

/// One attack with its grant and its expected outcome.
struct Attack<'a> {
    name: &'a str,
    grant: &'a Value,
    expected: &'a Value,
}

impl Attacks<'_> {
    /// Runs an attack, and describes the failure if it did not end as expected.
    async fn does(&self, attack: &Attack<'_>) -> Option<String> {
        // Printed, so that a panic's output shows the attack.
        println!("{}", attack.name);
        let tenant = self.tenant(attack.grant);
        let mut instance = guest::compiled(self.component).instantiate(&tenant).await.expect("an instance");
        let came = instance.call("attack", &[text(attack.name)]).await;
        drop(instance);
        self.fixture.settle().await;
        let said = format!("{came:?}");
        let held = match (&came, attack.expected) {
            (Ok(Some(Val::Result(Ok(Some(lines))))), expected) if expected.get("lines").is_some() => {
                are_as(&lines_of(lines), &texts(&expected["lines"]))
            }
            (Ok(Some(Val::Result(Err(Some(error))))), expected) if expected.get("error").is_some() => {
                matches!(&**error, Val::String(error) if error.contains(word(&expected["error"])))
            }
            (Err(error), expected) if expected.get("fails").is_some() => {
                format!("{error:?} {error:#}").contains(word(&expected["fails"]))
            }
            _ => false,
        };
        let damage = self.damage().await;
        if held && damage.is_empty() {
            return None;
        }
        let [said, damage] = [said, damage.join(", ")].map(|text| text.chars().take(3_000).collect::<String>());
        Some(format!("{}: {said}\n    wanted {}\n    {damage}", attack.name, attack.expected))
    }

    /// The attacking tenant, with the grants that the attack is listed with.
    fn tenant(&self, grant: &Value) -> Tenant {
        let mut granted = Grant::new(self.database.clone()).raw_sql(grant["raw"] == true);
        if let Some(tables) = grant.get("tables") {
            granted = granted.tables(texts(tables));
        }
        if grant["schema-changes"] == "own" {
            granted = granted.own_tables();
        }
        if grant["policy"] == true {
            granted = granted.policy(notes());
        }
        let limits = TenantLimits::default().call_time(Duration::from_secs(8)).processor_time(Duration::from_secs(2));
        let limits = limits.sql(SqlLimits::default().statement_time(Duration::from_secs(3)));
        let mut tenant = guest::engine().tenant("hostile").limits(limits).database(guest::DATABASE, granted);
        tenant = tenant.claim("tenant", 7).claim("user", 3);
        if grant["directories"] == true {
            let at = |name: &str| self.place.path().join(name);
            tenant =
                tenant.directory(at("inside"), "/inside", Access::Write).directory(at("fixed"), "/fixed", Access::Read);
        }
        tenant.build().expect("a tenant")
    }

    /// The tables and directories that an attack changed.
    async fn damage(&self) -> Vec<String> {
        let mut outside = self.fixture.outside().await;
        let mut found = Vec::new();
        for (query, wanted) in TABLES {
            let rows: Vec<String> = outside.rows(query).await.into_iter().map(shown).collect();
            if rows != wanted {
                found.push(format!("{query}: {rows:?}"));
            }
        }
        if self.place.names("outside") != ["secret.txt"] || self.place.text("outside/secret.txt") != "secret" {
            found.push("a directory that was not granted".to_owned());
        }
        found
    }
}

fn shown(row: Vec<Option<String>>) -> String {
    row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join(" ")
}

/// Whether lines are as expected; a final `…` stands for any further lines.
fn are_as(lines: &[String], wanted: &[String]) -> bool {
    match wanted.split_last() {
        Some((last, wanted)) if last == "…" => lines.starts_with(wanted),
        _ => lines == wanted,
    }
}

fn word(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().expect("a list").iter().map(|text| word(text).to_owned()).collect()
}

fn lines_of(value: &Val) -> Vec<String> {
    let Val::List(lines) = value else { return vec![format!("{value:?}")] };
    lines.iter().map(|line| if let Val::String(line) = line { line.clone() } else { format!("{line:?}") }).collect()
}

/// A policy for the rows of one tenant in a table that tenants share.
fn notes() -> Arc<Policy> {
    let notes = TablePolicy::new()
        .read(["id", "text"], "tenant_id = :tenant")
        .insert(["id", "text"])
        .set("tenant_id", ":tenant")
        .update(["text"], "tenant_id = :tenant")
        .delete("tenant_id = :tenant")
        .allow(Allow::Aggregate)
        .allow(Allow::Returning);
    Arc::new(Policy::new([("notes".to_owned(), notes)]).expect("a policy"))
}

/// Runs all attacks of a language on all databases.
fn attacks(language: &str) {
    let list = std::fs::read_to_string(source::root().join("tests/languages/hostile.json")).expect("the list");
    let list: Value = serde_json::from_str(&list).expect("JSON");
    let component = built(&format!("tests/languages/hostile-{language}"));
    let component = component.to_str().expect("UTF-8");
    for_each_within(PATIENCE, &Backend::ALL, async |fixture| {
        let mut outside = fixture.outside().await;
        for statement in texts(&list["setup"]) {
            outside.execute(&statement).await;
        }
        outside.close().await;
        let second = Duration::from_secs(1);
        let settings = Settings::default().pool_timeout(second).lock_timeout(second).statement_timeout(3 * second);
        let attacks = Attacks { fixture, component, database: fixture.open_with(settings), place: Place::new() };
        let (mut tried, mut wrong) = (0, Vec::new());
        for attack in list["attacks"].as_array().expect("a list") {
            let Some(expected) = expected(attack, language, fixture.backend()) else { continue };
            let attack = Attack { name: word(&attack["name"]), grant: &attack["grant"], expected };
            wrong.extend(attacks.does(&attack).await);
            tried += 1;
        }
        assert!(tried > 20, "{tried} attacks in {language} on {}", fixture.backend());
        assert!(wrong.is_empty(), "{language} on {}:\n{}", fixture.backend(), wrong.join("\n"));
    });
}

/// The expected outcome of an attack in a language on a database; `None` if it is not tried there.
fn expected<'a>(attack: &'a Value, language: &str, backend: Backend) -> Option<&'a Value> {
    let database = backend.to_string().to_lowercase();
    let is_for = |expected: &&Value| {
        texts(&expected["languages"]).contains(&language.to_owned())
            && texts(&expected["databases"]).contains(&database)
    };
    attack["expect"].as_array().expect("a list").iter().find(is_for)
}

#[test]
fn what_is_held_in_rust_is_held_in_python() {
    attacks("python");
}

#[test]
fn what_is_held_in_rust_is_held_in_javascript() {
    attacks("javascript");
}
