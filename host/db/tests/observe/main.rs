//! The events that observers receive, on every database. Needs the servers, see [`place`].

#[allow(dead_code, reason = "it is shared with the tests of statements")]
#[path = "../../../sql/tests/statement/build.rs"]
mod build;
mod event;
mod model;
mod outcome;
#[allow(dead_code, reason = "it is shared with the tests of schemas")]
#[path = "../schema/place.rs"]
mod place;
mod seen;
mod span;
