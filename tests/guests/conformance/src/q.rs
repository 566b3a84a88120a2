//! Queries of objects and of what they are related to, as a plugin's author writes them.

mod bulk;
mod get;
mod load;
mod model;
mod page;
mod relate;
mod stream;
mod transaction;

pub use self::{bulk::*, get::*, load::*, page::*, relate::*, stream::*, transaction::*};
