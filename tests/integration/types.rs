//! Values of every type: round trips, computations and refusals.

mod computed;
mod decimal;
mod edge;
mod fidelity;
mod round_trip;
