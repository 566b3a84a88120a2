//! Calls that are cut off midway, whose leftovers the next borrower of their connection must not find.

mod dropped_call;
mod trap;
