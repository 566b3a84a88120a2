//! Takes and returns values of all types, prints, reads files, traps and waits: everything that the command line has to handle.

use std::{env, fs, time::Duration};

use sqlservice_sdk::prelude::*;

/// A memory to keep.
#[derive(Model, Clone, Debug, Default, PartialEq)]
#[model(table = "memories")]
pub struct Memory {
    /// The primary key.
    #[model(primary_key, generated)]
    pub id: i64,
    /// Its text.
    #[model(length = 64, unique)]
    pub text: String,
    /// Whether it is kept.
    #[model(default = true)]
    pub kept: bool,
}

sqlservice_sdk::plugin!(
    models = [Memory],
    "
    /// A place.
    record point { x: s32, y: s32 }
    /// A shape to draw.
    variant shape { empty, circle(f64), path(list<point>) }
    /// The reason of a refusal.
    record reason { code: u8, text: string }

    export add: async func(a: s64, b: s64) -> s64;
    export echo: async func(text: string) -> result<string, string>;
    export draw: async func(shape: shape, name: option<string>) -> list<string>;
    export refuse: async func() -> result<_, reason>;
    export crash: async func();
    export spin: async func();
    export wait: async func(ms: u32);
    export print: async func(text: string);
    export read: async func(path: string) -> result<string, string>;
    export write: async func(path: string, text: string) -> result<_, string>;
    export variable: async func(name: string) -> option<string>;
    export remember: async func(text: string) -> result<u64, string>;
    export remember-and-crash: async func(text: string) -> result<_, string>;
    export remember-and-wait: async func(text: string) -> result<_, string>;
    export memories: async func(database: string) -> result<list<string>, string>;
    export ask: async func(sql: string) -> result<u64, string>;
    export left: interface { turn: async func() -> string; }
    export right: interface { turn: async func() -> string; }
    "
);

struct Talker;

impl Guest for Talker {
    async fn add(a: i64, b: i64) -> i64 {
        a.wrapping_add(b)
    }

    async fn echo(text: String) -> Result<String, String> {
        if text.starts_with('!') { Err(text) } else { Ok(text) }
    }

    async fn draw(shape: Shape, name: Option<String>) -> Vec<String> {
        let shape = match shape {
            Shape::Empty => "nothing".to_owned(),
            Shape::Circle(radius) => format!("a circle of {radius}"),
            Shape::Path(points) => points.iter().map(|point| format!("{}:{}", point.x, point.y)).collect(),
        };
        [Some(shape), name].into_iter().flatten().collect()
    }

    async fn refuse() -> Result<(), Reason> {
        Err(Reason { code: 7, text: "not today".to_owned() })
    }

    async fn crash() {
        panic!("as asked");
    }

    async fn spin() {
        let mut number = 1_u64;
        while number != 0 {
            number = std::hint::black_box(number | 1);
        }
    }

    async fn wait(ms: u32) {
        sleep(Duration::from_millis(ms.into())).await;
    }

    async fn print(text: String) {
        println!("out: {text}");
        eprintln!("err: {text}");
    }

    async fn read(path: String) -> Result<String, String> {
        fs::read_to_string(path).map_err(|error| error.to_string())
    }

    async fn write(path: String, text: String) -> Result<(), String> {
        fs::write(path, text).map_err(|error| error.to_string())
    }

    async fn variable(name: String) -> Option<String> {
        env::var(name).ok()
    }

    async fn remember(text: String) -> Result<u64, String> {
        let db = Database::open("default", models![Memory]).await?;
        db.create_all().await?;
        let memory = Memory { text, ..Memory::default() };
        db.transaction(async |session| session.insert(&memory).await.map(drop)).await?;
        Ok(db.session()?.all(&select::<Memory>()).await?.len() as u64)
    }

    async fn remember_and_crash(text: String) -> Result<(), String> {
        unfinished(text).await?;
        panic!("as asked");
    }

    async fn remember_and_wait(text: String) -> Result<(), String> {
        let _session = unfinished(text).await?;
        println!("waiting");
        sleep(Duration::from_secs(600)).await;
        Ok(())
    }

    async fn memories(database: String) -> Result<Vec<String>, String> {
        let db = Database::open(&database, models![Memory]).await?;
        let memories = db.session()?.all(&select::<Memory>().order_by(Memory::ID.asc())).await?;
        Ok(memories.into_iter().map(|memory| memory.text).collect())
    }

    async fn ask(sql: String) -> Result<u64, String> {
        let db = Database::open("default", models![]).await?;
        let session = db.session()?;
        let changed = raw::execute(&session, &sql, params![]).await?;
        session.commit().await?;
        Ok(changed)
    }
}

/// A session in a transaction that holds a new memory and is not committed.
async fn unfinished(text: String) -> Result<Session, Error> {
    let db = Database::open("default", models![Memory]).await?;
    db.create_all().await?;
    let session = db.begin().await?;
    session.insert(&Memory { text, ..Memory::default() }).await?;
    Ok(session)
}

impl exports::left::Guest for Talker {
    async fn turn() -> String {
        "left".to_owned()
    }
}

impl exports::right::Guest for Talker {
    async fn turn() -> String {
        "right".to_owned()
    }
}

export!(Talker);
