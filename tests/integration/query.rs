//! Queries of objects and of their related objects.

mod bulk;
mod deferred;
mod filtered_load;
mod get;
mod page;
mod relationship;
mod stream;

use sqlservice_host::Val;
use sqlservice_tests::Fixture;

use crate::unit_of_work::saw;

/// Fails unless an export returns these lines; the statements that it sends are not compared.
pub async fn assert_sees(fixture: &Fixture, function: &str, arguments: &[Val], expected: &[&str]) {
    let (saw, sent) = saw(fixture, function, arguments).await;
    assert_eq!(saw, expected, "{function} {arguments:?} on {}; it sent {sent:?}", fixture.backend());
}
