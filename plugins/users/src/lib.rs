//! The seed example: users, their devices and keys
