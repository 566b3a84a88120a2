//! T-24: guests that use another tenant's database names, or prepared statements of another database.

use sqlservice_host::{Grant, Settings, Tenant, Val};
use sqlservice_tests::{Fixture, component::GUEST_HOSTILE, for_each_database, guest};

use crate::{bare::stranger, scene::lines};

async fn said(tenant: &Tenant, function: &str, arguments: &[Val]) -> Vec<String> {
    let mut instance = guest::compiled(GUEST_HOSTILE).instantiate(tenant).await.expect("an instance");
    lines(instance.call(function, arguments).await.expect("no trap")).expect("no error of the guest's")
}

/// Names that resemble `tenant-1` or `tenant-10`, or would equal one of them after some normalisation.
fn similar(fixture: &Fixture) -> Vec<String> {
    let names = [
        "tenant-",
        "tenant",
        "tenant-11",
        "tenant-100",
        "tenant-01",
        "Tenant-1",
        "TENANT-10",
        "tenant-1 ",
        " tenant-1",
        "tenant-1\n",
        "tenant-1\0",
        "tenant-1\0-0",
        "tenant-1.",
        "tenant-1.main",
        "tenant-1/",
        "./tenant-1",
        "tenant-10/../tenant-1",
        "tenant_1",
        "tenant%",
        "tenant-?",
        "tenant-1;tenant-10",
        "tenant\u{2010}1",
        "tenant-\u{ff11}",
        "tenant-1\u{200b}",
        "",
        ".",
        "*",
        "default",
        "main",
        "public",
    ];
    let own = [fixture.url().to_owned(), fixture.dir().join("test.db").display().to_string()];
    names.into_iter().map(str::to_owned).chain(own).chain(["x".repeat(1 << 20)]).collect()
}

/// T-24: only its exact name opens a tenant's own database, and no name opens another tenant's: no prefix, other case, NUL or path.
#[test]
fn t24_labels_are_found_to_the_letter() {
    for_each_database(async |fixture: &Fixture| {
        let similar = similar(fixture);
        for (own, other) in [("tenant-1", "tenant-10"), ("tenant-10", "tenant-1")] {
            // The other tenant's database exists and is in use.
            let neighbour = stranger(fixture, other);
            assert_eq!(said(&neighbour, "guess-names", &[names([other])]).await, ["opened"]);
            let tenant = stranger(fixture, own);
            let guesses = similar.iter().map(String::as_str).chain([other, own]);
            let mut saw = said(&tenant, "guess-names", &[names(guesses)]).await;
            assert_eq!(saw.pop().as_deref(), Some("opened"), "{own} on {}", fixture.backend());
            // Every other name, even an invalid one, gets the same error, which does not reveal another tenant's name.
            for (name, told) in similar.iter().map(String::as_str).chain([other]).zip(&saw) {
                let short: String = name.chars().take(40).collect();
                assert_eq!(told, "no-such-database", "{short:?} for {own} on {}", fixture.backend());
            }
        }
    });
}

fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> Val {
    Val::List(names.into_iter().map(|name| Val::String(name.to_owned())).collect())
}

/// T-24: a statement that was prepared for one database is refused by another one, although both belong to the guest.
#[test]
fn t24_a_prepared_statement_is_its_databases_own() {
    for_each_database(async |fixture: &Fixture| {
        let grants = ["one", "other"].map(|name| (name, Grant::new(fixture.open())));
        let tenant = grants.into_iter().fold(guest::tenant(), |tenant, (name, grant)| tenant.database(name, grant));
        let tenant = tenant.build().expect("a tenant");
        let saw = said(&tenant, "swap-prepared", &[Val::String("one".into()), Val::String("other".into())]).await;
        for refused in &saw[..2] {
            assert!(refused.starts_with("invalid: ") && refused.contains("another database"), "{saw:?}");
        }
        assert_eq!(saw[2..], ["2", "2"], "on {}", fixture.backend());
    });
}

/// T-24: the same holds between databases of different dialects, in both directions.
#[test]
fn t24_a_prepared_statement_crosses_no_dialect() {
    for_each_database(async |fixture: &Fixture| {
        let memory = Grant::open("sqlite::memory:", Settings::default()).expect("a database");
        let tenant = guest::tenant().database("one", Grant::new(fixture.open())).database("other", memory.clone());
        let tenant = tenant.build().expect("a tenant");
        let saw = said(&tenant, "swap-prepared", &[Val::String("one".into()), Val::String("other".into())]).await;
        assert!(saw[..2].iter().all(|refused| refused.starts_with("invalid: ")), "{saw:?} on {}", fixture.backend());
        assert_eq!(saw[2..], ["2", "2"], "on {}", fixture.backend());
        memory.database().close().await;
    });
}
