//! A tenant's limits on resources that it shares with others: time, memory, connections, rows, handles, output.

mod after_call;
mod compile;
mod connections;
mod flat_memory;
mod handles;
mod memory;
mod output;
mod processor_share;
mod processor_time;
mod result_size;
mod slow_reader;
mod transaction_time;

use sqlservice_host::{Tenant, TenantLimits};
use sqlservice_tests::guest;

/// A tenant with these limits and without grants.
fn tenant(limits: TenantLimits) -> Tenant {
    guest::tenant().limits(limits).build().expect("a tenant")
}
