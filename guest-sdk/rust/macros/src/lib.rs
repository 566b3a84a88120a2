//! The derive and plugin macros of sqlservice-sdk
