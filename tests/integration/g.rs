//! G: what a guest can leave behind, and what the next one must not find.

mod altered;
mod cancel;
mod memory;
mod together;
mod trap;
