//! Guests, servers and the one integration binary
