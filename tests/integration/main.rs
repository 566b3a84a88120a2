//! The one integration binary: house rules, the contract, the README, and the acceptance scenarios by their letters.
//!
//! A scenario `A02` is the test `a::a02_…`. ARCHITECTURE.md says how to add one.

mod a;
mod alone;
mod b;
mod bench;
mod c;
mod cli;
mod compiled;
mod contract;
mod crowd;
mod d;
mod decimal;
mod e;
mod embed;
mod f;
mod g;
mod house;
mod inventory;
mod languages;
mod life;
mod linker;
mod load;
mod meaning;
mod mysql;
mod observe;
mod orm;
mod outside;
mod q;
mod readme;
mod s;
mod scene;
mod standby;
mod t;
mod u;
mod v;
mod w;
