//! Sessions and transactions with objects, as a plugin's author writes them.

mod agree;
mod attach;
mod autoflush;
mod dict;
mod event;
mod failure;
mod identity;
mod lock;
mod lost;
mod model;
mod save;
mod savepoint;
mod state;
mod threat;
mod version;

pub use self::{
    agree::*, attach::*, autoflush::*, dict::*, event::*, failure::*, identity::*, lock::*, lost::*, save::*,
    savepoint::*, state::*, threat::*, version::*,
};
