//! Models and plugins of unusual shapes, which compile.

mod model;
mod plugin;
mod world;
