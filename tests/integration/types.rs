//! Values of every type: what comes back, what is computed of them, and what is refused.

mod computed;
mod decimal;
mod edge;
mod fidelity;
mod round_trip;
