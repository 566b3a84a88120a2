//! What is no enumeration.

use sqlservice_sdk::prelude::*;

#[derive(Enumeration, Clone)]
struct NoEnum;

#[derive(Enumeration, Clone)]
enum WithField {
    One,
    Two(i64),
}

#[derive(Enumeration, Clone)]
enum Twice {
    One,
    #[enumeration(label = "one")]
    Two,
}

#[derive(Enumeration, Clone)]
enum Unknown {
    #[enumeration(lable = "a")]
    A,
}

#[derive(Enumeration, Clone)]
enum Nothing {}

fn main() {}
