//! Embed sandboxed plugins that use databases through the sqlservice world
