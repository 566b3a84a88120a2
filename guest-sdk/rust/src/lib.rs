//! Write sandboxed plugins that use databases: models, queries, sessions
