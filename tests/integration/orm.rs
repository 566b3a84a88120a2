//! The behaviours that SQLAlchemy's own tests check, as `tests/ORM-COVERAGE.md` lists them: each subject's cases run in a guest.

mod coverage;

use sqlservice_host::Val;
use sqlservice_tests::{Fixture, component::GUEST_ORM, for_each_database};

use crate::scene::{lines, text};

/// Names each subject's test by the guest's module.
macro_rules! subjects {
    ($($subject:ident),* $(,)?) => {
        $(#[test]
        fn $subject() {
            for_each_database(async |fixture: &Fixture| assert_ok(fixture, stringify!($subject)).await);
        })*

        /// The subjects that have a test.
        const SUBJECTS: &[&str] = &[$(stringify!($subject)),*];
    };
}

subjects! {
    bulk, cascade_children, cascade_parents, cycles, expire, loading, many_to_many, merging, natural, ordering,
    post_update, querying, session, statements, transaction, two_owners, unit, versioning
}

/// Runs a subject's cases in the guest and fails with the lines of the cases that failed.
async fn assert_ok(fixture: &Fixture, subject: &str) {
    let said = fixture.call(GUEST_ORM, "run", &[text(subject)]).await.expect("no trap");
    let said = lines(said).expect("a subject of the guest's");
    let other: Vec<&String> = said.iter().filter(|line| !line.ends_with(": ok")).collect();
    assert!(!said.is_empty(), "{subject} has no cases");
    assert!(other.is_empty(), "{subject} on {}:\n{other:#?}", fixture.backend());
}

/// Every subject of the guest has a test here.
#[test]
fn every_subject_has_a_test() {
    for_each_database(async |fixture: &Fixture| {
        let said = fixture.call(GUEST_ORM, "subjects", &[] as &[Val]).await.expect("no trap");
        assert_eq!(lines(said).expect("subjects"), SUBJECTS);
    });
}
