//! A: the calls of sqlservice itself.
