//! G: what a guest can leave behind, and what the next one must not find.

mod cancel;
mod together;
mod trap;
