//! Queries of objects and their related objects, as a plugin's author writes them.

mod bulk;
mod defer;
mod get;
mod load;
mod model;
mod page;
mod relate;
mod stream;
mod transaction;

pub use self::{bulk::*, defer::*, get::*, load::*, page::*, relate::*, stream::*, transaction::*};
