//! Ends that no code can handle.

use sqlservice_sdk::prelude::*;

use crate::model::{User, add, open};

pub async fn in_begin(how: &str) -> Result<Vec<String>, Error> {
    let session = open().await?.begin().await?;
    add(&session, 900).await?;
    match how {
        "unreachable" => std::process::abort(),
        "panic" => panic!("on purpose"),
        "long panic" => panic!("{}", "on purpose \u{1b}[2J\n".repeat(2 << 20)),
        "exit" => std::process::exit(0),
        "exit with 1" => std::process::exit(1),
        "memory" => memory(),
        "recursion" => Err(Error::other(format!("it ended with {}", recursion(1)))),
        "table" => table().await,
        other => Err(Error::other(format!("there is no trap {other:?}"))),
    }
}

/// Allocates memory until there is none.
fn memory() -> ! {
    let mut taken: Vec<Vec<u8>> = Vec::new();
    loop {
        taken.push(vec![taken.len() as u8; 1 << 20]);
    }
}

/// Recurses without end, in a way that the compiler cannot turn into a loop.
#[inline(never)]
fn recursion(depth: u64) -> u64 {
    if std::hint::black_box(depth) == 0 {
        return 0;
    }
    let mut here = [depth; 64];
    let below = recursion(std::hint::black_box(depth + 1));
    here[(below % 64) as usize] ^= below;
    std::hint::black_box(here).iter().sum()
}

/// Opens handles until there are none.
async fn table() -> Result<Vec<String>, Error> {
    let mut taken = Vec::new();
    loop {
        taken.push(open().await?);
    }
}

pub async fn with_everything() -> Result<Vec<String>, Error> {
    let db = open().await?;
    let query = select_columns(User::ID).order_by(User::ID);
    let reader = db.session()?;
    let savepoint = reader.begin_nested().await?;
    let mut rows = reader.stream(&query, 1).await?;
    rows.next_batch().await?;
    let writer = db.begin().await?;
    add(&writer, 900).await?;
    let nested = writer.begin_nested().await?;
    add(&writer, 901).await?;
    std::hint::black_box((&savepoint, &nested));
    std::process::abort()
}
