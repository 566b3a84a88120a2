//! Calls that end in the middle of what they do, and what the next borrower of their connection must not find.

mod dropped_call;
mod trap;
