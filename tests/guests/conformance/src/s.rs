//! C: sessions and transactions with objects, as a plugin's author writes them.

mod agree;
mod attach;
mod autoflush;
mod event;
mod failure;
mod identity;
mod lock;
mod model;
mod save;
mod savepoint;
mod state;
mod version;

pub use self::{
    agree::*, attach::*, autoflush::*, event::*, failure::*, identity::*, lock::*, save::*, savepoint::*, state::*,
    version::*,
};
