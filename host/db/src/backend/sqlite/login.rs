//! Logins of SQLite: it has none. What may be done is what its authorizer allows, for all alike.

use crate::{error::Result, login::Finding, operation::admin::AdminConnection};

/// Finds nothing.
#[expect(clippy::unused_async, reason = "the others ask their servers")]
pub(crate) async fn check(_ask: &mut AdminConnection<'_>) -> Result<Vec<Finding>> {
    Ok(Vec::new())
}
