//! T-74: errors that a guest gets from the host or a database, and the debug output of a grant, contain no secret of the host.

use sqlservice_host::{Grant, Settings, TenantLimits, Val};
use sqlservice_tests::{
    Backend, Fixture,
    component::{GUEST_CONFORMANCE, GUEST_HOSTILE},
    for_each_database, guest, servers,
};

use crate::scene::{Scene, text};

/// Guest functions that cause errors of every kind and return them.
const ASKING: [(&str, &str); 10] = [
    (GUEST_HOSTILE, "bad-models"),
    (GUEST_HOSTILE, "forged-names"),
    (GUEST_HOSTILE, "forged-nodes"),
    (GUEST_HOSTILE, "forged-batches"),
    (GUEST_HOSTILE, "hostile-names"),
    (GUEST_HOSTILE, "cut-names"),
    (GUEST_HOSTILE, "operations"),
    (GUEST_CONFORMANCE, "types-violations"),
    (GUEST_CONFORMANCE, "types-statements"),
    (GUEST_CONFORMANCE, "a01-ping"),
];

/// The host's secrets about this database, which no guest may learn.
fn secrets(fixture: &Fixture) -> Vec<String> {
    let directory = fixture.dir().display().to_string();
    let mut secrets = vec![fixture.url().to_owned(), directory];
    if fixture.backend() != Backend::Sqlite {
        let (_, place) = fixture.url().split_once('@').expect("a URL with a password");
        let server = place.split('/').next().expect("a server");
        secrets.extend([servers::password().to_owned(), server.to_owned()]);
    }
    secrets
}

#[track_caller]
fn assert_tells_none(secrets: &[String], told: &str, who: &str) {
    for secret in secrets {
        assert!(!told.contains(secret.as_str()), "{who} tells {secret:?} in {told:?}");
    }
}

/// T-74: neither the host's own errors nor the database's contain a secret.
#[test]
fn t74_no_answer_holds_a_secret_of_the_hosts() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, Settings::default(), TenantLimits::default());
        scene.setup(3).await;
        let secrets = secrets(fixture);
        for (component, function) in ASKING {
            let said = scene.said(component, function, &[]).await;
            let told = said.map_or_else(|error| error, |lines| lines.join("\n"));
            assert_tells_none(&secrets, &told, &format!("{function} on {}", fixture.backend()));
        }
        let names = secrets.iter().map(|secret| text(secret)).collect();
        let guessed = scene.hostile("guess-names", &[Val::List(names)]).await;
        assert_eq!(guessed, vec!["no-such-database"; secrets.len()], "on {}", fixture.backend());
    });
}

/// T-74: the same holds where a connection is lost between calls, and where no connection can be made at all.
#[test]
fn t74_no_error_of_a_connection_holds_a_secret_of_the_hosts() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, Settings::default(), TenantLimits::default());
        scene.setup(3).await;
        let secrets = secrets(fixture);
        let mut guest = scene.instance(GUEST_CONFORMANCE).await;
        let before = guest.call("a08-statements", &[]).await;
        fixture.kill_connections().await;
        let after = guest.call("a08-statements", &[]).await;
        for said in [before, after] {
            assert_tells_none(&secrets, &format!("{said:?}"), &format!("a lost connection on {}", fixture.backend()));
        }
        for shown in [format!("{:?}", scene.database), format!("{:?}", fixture.grant()), format!("{:?}", dead(fixture))]
        {
            // The embedder that holds the value knows the server, but the password must not be readable.
            let hidden = if fixture.backend() == Backend::Sqlite { "" } else { servers::password() };
            assert!(hidden.is_empty() || !shown.contains(hidden), "{shown}");
        }
        let unreachable = told_of(fixture, dead(fixture)).await;
        assert_tells_none(&secrets, &unreachable, &format!("a dead server on {}", fixture.backend()));
    });
}

/// A grant of a database that cannot be reached: a port without a listener, or a missing directory.
fn dead(fixture: &Fixture) -> Grant {
    let url = match fixture.backend() {
        Backend::Sqlite | Backend::SqliteMemory => {
            format!("sqlite://{}", fixture.dir().join("nowhere/test.db").display())
        }
        _ => {
            let (before, place) = fixture.url().rsplit_once('@').expect("a URL with a password");
            let (_, database) = place.split_once('/').expect("a URL with a database");
            format!("{before}@127.0.0.1:1/{database}")
        }
    };
    Grant::open(&url, Settings::default()).expect("a URL that makes sense")
}

/// The error of a ping by a guest with this grant.
async fn told_of(fixture: &Fixture, grant: Grant) -> String {
    let tenant = guest::tenant().database(guest::DATABASE, grant).build().expect("a tenant");
    let plugin = guest::compiled(GUEST_CONFORMANCE);
    let mut instance = plugin.instantiate(&tenant).await.expect("an instance");
    let said = instance.call("a01-ping", &[]).await;
    assert!(matches!(said, Ok(Some(Val::Result(Err(_))))), "{said:?} on {}", fixture.backend());
    format!("{said:?}")
}
