//! Tenants beside each other: what one does is not seen by another one, and none learns of others or of the host.

mod differential;
mod guessed_name;
mod secret;
mod soak;
