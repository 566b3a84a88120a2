//! Several tenants on one host: no tenant sees another's work, or learns of other tenants or of the host.

mod differential;
mod guessed_name;
mod secret;
mod soak;
