//! Load plans, read in one crossing: the host is called as an SDK calls it.

mod plan;

use sqlservice_sdk::{
    bindings::sqlservice::database::{
        databases::Database as Raw,
        rows::ColumnData,
        schema::{Action, ForeignKey, Relationship},
        sessions::{Load, LoadRoot, Loaded, Options, Plan, Session as RawSession, TransactionOptions},
    },
    prelude::*,
    schema::Models,
};

use self::plan::{NO_OPTIONS, Query, joined, keys, known, load, plan, rows, told};
use crate::{
    Saw,
    flush::change::{column, integers, key, texts},
    lines,
    unit_of_work::mark,
};

#[derive(Model, Clone)]
#[model(table = "users")]
struct User {
    #[model(primary_key)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(foreign_key = "users.id")]
    boss_id: Option<i64>,
}

#[derive(Model, Clone)]
#[model(table = "devices")]
struct Device {
    #[model(primary_key)]
    id: i64,
    #[model(foreign_key = "users.id")]
    user_id: Option<i64>,
    rank: i64,
}

#[derive(Model, Clone)]
#[model(table = "apps")]
struct App {
    #[model(primary_key)]
    id: i64,
    #[model(foreign_key = "devices.id")]
    device_id: i64,
    #[model(length = 20, foreign_key = "teams.code")]
    team: Option<String>,
}

#[derive(Model, Clone)]
#[model(table = "profiles")]
struct Profile {
    #[model(primary_key)]
    id: i64,
    #[model(unique, foreign_key = "users.id")]
    user_id: i64,
}

/// A natural key.
#[derive(Model, Clone)]
#[model(table = "teams")]
struct Team {
    #[model(primary_key, length = 20)]
    code: String,
    size: i64,
}

#[derive(Model, Clone)]
#[model(table = "members")]
struct Member {
    #[model(primary_key, foreign_key = "users.id")]
    user_id: i64,
    #[model(primary_key, length = 20, foreign_key = "teams.code")]
    team: String,
    since: i64,
}

#[derive(Model, Clone)]
#[model(table = "friends")]
struct Friend {
    #[model(primary_key, foreign_key = "users.id")]
    a: i64,
    #[model(primary_key, foreign_key = "users.id")]
    b: i64,
}

/// A key of two columns.
#[derive(Model, Clone)]
#[model(table = "rooms")]
struct Room {
    #[model(primary_key)]
    house: i64,
    #[model(primary_key)]
    number: i64,
}

#[derive(Model, Clone)]
#[model(table = "beds")]
struct Bed {
    #[model(primary_key)]
    id: i64,
    house: Option<i64>,
    number: Option<i64>,
}

const USERS: &[&str] = &["id", "name", "boss_id"];

fn relationship(owner: &str, name: &str, target: &str, collection: bool) -> Relationship {
    Relationship {
        name: name.to_owned(),
        owner: owner.to_owned(),
        target: target.to_owned(),
        foreign_key: None,
        through: None,
        collection,
        cascade: Vec::new(),
        passive_deletes: false,
        post_update: false,
        order_by: Vec::new(),
    }
}

fn through(owner: &str, name: &str, target: &str, table: &str, foreign_key: Option<&str>) -> Relationship {
    let foreign_key = foreign_key.map(|column| vec![column.to_owned()]);
    Relationship { through: Some(table.to_owned()), foreign_key, ..relationship(owner, name, target, true) }
}

fn all() -> Models {
    let mut models = models![User, Device, App, Profile, Team, Member, Friend, Room, Bed];
    for table in models.tables.iter_mut().filter(|table| table.name == "beds") {
        let names = || vec!["house".to_owned(), "number".to_owned()];
        table.foreign_keys.push(ForeignKey {
            name: None,
            columns: names(),
            table: "rooms".to_owned(),
            schema: None,
            referred: names(),
            on_delete: Action::NoAction,
            on_update: Action::NoAction,
        });
    }
    let ordered =
        |relationship: Relationship, column: &str| Relationship { order_by: vec![column.to_owned()], ..relationship };
    models.relationships = vec![
        ordered(relationship("users", "devices", "devices", true), "rank"),
        relationship("users", "boss", "users", false),
        relationship("users", "staff", "users", true),
        relationship("users", "profile", "profiles", false),
        ordered(through("users", "teams", "teams", "members", None), "size"),
        through("users", "friends", "users", "friends", None),
        through("users", "admirers", "users", "friends", Some("b")),
        relationship("devices", "user", "users", false),
        relationship("devices", "apps", "apps", true),
        relationship("apps", "team", "teams", false),
        through("teams", "members", "users", "members", None),
        relationship("rooms", "beds", "beds", true),
        relationship("beds", "room", "rooms", false),
    ];
    models
}

/// ed, the boss of jo and al; their related rows; a device without an owner.
async fn open() -> Result<RawSession, Error> {
    let db = Database::open("default", all()).await?;
    db.create_all().await?;
    let session = db.begin().await?;
    let user = |id, name: &str, boss_id| User { id, name: name.to_owned(), boss_id };
    session.insert_many(&[user(1, "ed", None), user(2, "jo", Some(1)), user(3, "al", Some(1))]).await?;
    let device = |id, user_id, rank| Device { id, user_id, rank };
    let devices = [(1, Some(1), 9), (2, Some(1), 3), (3, Some(2), 5), (4, None, 1), (5, Some(1), 3)];
    session.insert_many(&devices.map(|(id, user, rank)| device(id, user, rank))).await?;
    let team = |code: &str, size| Team { code: code.to_owned(), size };
    session.insert_many(&[team("blue", 7), team("Blue", 2), team("x y'", 5)]).await?;
    let app = |id, device_id, team: Option<&str>| App { id, device_id, team: team.map(str::to_owned) };
    session.insert_many(&[app(1, 2, Some("blue")), app(2, 2, None), app(3, 5, Some("x y'")), app(4, 4, None)]).await?;
    session.insert_many(&[Profile { id: 11, user_id: 2 }, Profile { id: 12, user_id: 1 }]).await?;
    let member = |user_id, team: &str, since| Member { user_id, team: team.to_owned(), since };
    let members = [member(1, "blue", 1), member(1, "x y'", 2), member(2, "blue", 3), member(2, "Blue", 4)];
    session.insert_many(&members).await?;
    session.insert_many(&[(1, 2), (1, 3), (2, 1)].map(|(a, b)| Friend { a, b })).await?;
    session.insert_many(&[(1, 1), (1, 2), (2, 1)].map(|(house, number)| Room { house, number })).await?;
    let bed = |(id, house, number)| Bed { id, house, number };
    let beds =
        [(1, Some(1), Some(2)), (2, Some(2), Some(1)), (3, Some(1), None), (4, Some(1), Some(2)), (5, None, None)];
    session.insert_many(&beds.map(bed)).await?;
    session.commit().await?;
    begin().await
}

async fn begin() -> Result<RawSession, Error> {
    Ok(Raw::open("default".to_owned(), all()).await?.begin(TransactionOptions::default()).await?)
}

async fn read(session: &RawSession, plan: Plan) -> Saw {
    Ok(told(&plan, session.load(plan.clone(), NO_OPTIONS).await?))
}

fn users() -> Query {
    Query::of("users", USERS)
}

/// A query of all users with every direction of relationship.
fn directions() -> Plan {
    let names = ["devices", "boss", "staff", "profile", "teams", "friends", "admirers"];
    let loads = names.iter().map(|name| load(name, &[])).collect();
    plan("users", users().order("id", false).start(), &[0, 1, 2, 3, 4, 5, 6], loads)
}

pub async fn load_directions() -> Saw {
    let session = open().await?;
    let mut saw = read(&session, directions()).await?;
    let start = Query::of("devices", &["id", "user_id", "rank"]).order("id", false).start();
    saw.extend(read(&session, plan("devices", start, &[0], vec![load("user", &[])])).await?);
    let start = Query::of("teams", &["code", "size"]).from("size", 5).order("size", false).start();
    saw.extend(read(&session, plan("teams", start, &[0], vec![load("members", &[])])).await?);
    session.commit().await?;
    Ok(saw)
}

pub async fn load_composite() -> Saw {
    let session = open().await?;
    let start = Query::of("rooms", &["house", "number"]).order("house", false).order("number", false).start();
    let mut saw = read(&session, plan("rooms", start, &[0], vec![load("beds", &[])])).await?;
    let start = Query::of("beds", &["id", "house", "number"]).order("id", false).start();
    saw.extend(read(&session, plan("beds", start, &[0], vec![load("room", &[])])).await?);
    let pairs = keys(4, vec![key(&[1, 2, 1, 9]), key(&[2, 1, 2, 9])]);
    saw.extend(read(&session, plan("rooms", pairs, &[0], vec![load("beds", &[])])).await?);
    Ok(saw)
}

/// Users, their devices, the devices' apps, the devices' teams and the teams' members.
fn deep(start: LoadRoot) -> Plan {
    let loads = vec![load("devices", &[1]), load("apps", &[2]), load("team", &[3]), load("members", &[])];
    plan("users", start, &[0], loads)
}

pub async fn load_nested() -> Saw {
    let session = open().await?;
    let mut saw = read(&session, deep(users().order("id", false).start())).await?;
    // No root rows: the loads return columns and no rows.
    saw.extend(read(&session, deep(users().from("id", 900).start())).await?);
    Ok(saw)
}

pub async fn load_starts() -> Saw {
    let session = open().await?;
    let devices = || vec![load("devices", &[])];
    // A repeated key, a missing one, and a null, which is no row's key.
    let some = keys(5, vec![integers(&[Some(2), Some(1), Some(2), None, Some(99)])]);
    let mut saw = read(&session, plan("users", some, &[0], devices())).await?;
    let codes = keys(3, vec![texts(&["x y'", "blue", "BLUE"])]);
    saw.extend(read(&session, plan("teams", codes, &[], Vec::new())).await?);
    saw.extend(read(&session, plan("users", keys(0, vec![key(&[])]), &[0], devices())).await?);
    // Only the columns that the loads start from, in any order.
    let loads = vec![load("boss", &[]), load("teams", &[])];
    let rows = vec![integers(&[Some(1), None, Some(1), Some(77)]), key(&[3, 1, 2, 4])];
    saw.extend(read(&session, plan("users", known(&["boss_id", "id"], rows, 4), &[0, 1], loads)).await?);
    let nobody = known(&["id"], vec![integers(&[None, None])], 2);
    saw.extend(read(&session, plan("users", nobody, &[0], devices())).await?);
    Ok(saw)
}

/// The same plans joined and not: whether the results agree, and which loads were to be joined.
pub async fn a09_joined() -> Saw {
    let session = open().await?;
    let mut saw = Vec::new();
    let top = || users().order("name", true).limit(2, 1).start();
    let by_sum = || users().order_by_sum("id", 10).limit(2, 0).start();
    let one = |start| plan("users", start, &[0], vec![load("devices", &[])]);
    let plans = [
        one(users().order("id", false).start()),
        one(users().order("name", true).start()),
        one(top()),
        one(by_sum()),
        one(users().unqualified().from("id", 2).order("id", true).start()),
        deep(users().order("id", false).start()),
        deep(top()),
        plan("users", top(), &[0, 1, 2], vec![load("teams", &[]), load("boss", &[]), load("profile", &[])]),
        plan(
            "users",
            users().order("id", true).start(),
            &[0],
            vec![load("friends", &[1]), load("boss", &[2]), load("devices", &[])],
        ),
        directions(),
        plan(
            "devices",
            Query::of("devices", &["id", "user_id", "rank"]).order("rank", true).order("id", false).start(),
            &[0, 2],
            vec![load("user", &[1]), load("staff", &[]), load("apps", &[])],
        ),
        plan(
            "beds",
            Query::of("beds", &["id", "house", "number"]).order("id", false).start(),
            &[0],
            vec![load("room", &[1]), load("beds", &[])],
        ),
        one(keys(2, vec![key(&[3, 1])])),
        one(users().from("id", 900).start()),
    ];
    for plan in plans {
        let plain = by_owner(&plan, session.load(plan.clone(), NO_OPTIONS).await?.1);
        let (answer, loaded) = session.load(joined(plan.clone()), NO_OPTIONS).await?;
        let (plain_answer, _) = session.load(plan.clone(), NO_OPTIONS).await?;
        let same = by_owner(&plan, loaded) == plain && rows(&answer.first_batch) == rows(&plain_answer.first_batch);
        saw.push(format!("{same} {}", rows(&answer.first_batch)));
    }
    session.commit().await?;
    Ok(saw)
}

/// Three users with three devices each, all of them and then the last two from the second on.
pub async fn a09_statements() -> Saw {
    let db = Database::open("default", all()).await?;
    db.create_all().await?;
    let session = db.begin().await?;
    let people: Vec<_> = (1..=3).map(|id| User { id, name: format!("u{id}"), boss_id: None }).collect();
    session.insert_many(&people).await?;
    let devices = (0..9).map(|at| Device { id: at + 1, user_id: Some(at / 3 + 1), rank: 2 - at % 3 });
    session.insert_many(&devices.collect::<Vec<_>>()).await?;
    session.commit().await?;
    let session = begin().await?;
    let one = |start| joined(plan("users", start, &[0], vec![load("devices", &[])]));
    mark(&db).await?;
    let mut saw = read(&session, one(users().order("id", false).start())).await?;
    mark(&db).await?;
    saw.extend(read(&session, one(users().order("id", true).limit(2, 1).start())).await?);
    mark(&db).await?;
    Ok(saw)
}

/// The rows of each load sorted by owner, as loads of several owners return these in any order.
fn by_owner(plan: &Plan, loaded: Vec<Loaded>) -> Vec<Vec<String>> {
    let owner = |relationship: &str| match relationship {
        "devices" | "apps" | "profile" => 1..2,
        "staff" => 2..3,
        "beds" => 1..3,
        _ => 0..1,
    };
    let of = |(load, loaded): (&Load, Loaded)| {
        let all = rows(&loaded.rows);
        let mut lines: Vec<String> = all.split(", ").map(str::to_owned).collect();
        let at = owner(&load.relationship);
        // Stable, so that the rows of one owner keep their order.
        lines.sort_by_key(|line| line.split(' ').skip(at.start).take(at.len()).collect::<String>());
        lines
    };
    plan.loads.iter().zip(loaded).map(of).collect()
}

/// The given number of owners with three devices each, select-in and joined: whether all are loaded completely and in
/// order. Also the best time of each, in microseconds.
pub async fn load_many(owners: u32, rounds: u32) -> Saw {
    let db = Database::open("default", all()).await?;
    db.create_all().await?;
    let session = db.begin().await?;
    let owners = i64::from(owners);
    let people: Vec<_> = (1..=owners).map(|id| User { id, name: format!("u{id}"), boss_id: None }).collect();
    session.insert_many(&people).await?;
    let devices: Vec<_> =
        (0..owners * 3).map(|at| Device { id: at + 1, user_id: Some(at / 3 + 1), rank: 2 - at % 3 }).collect();
    session.insert_many(&devices).await?;
    session.commit().await?;
    let session = begin().await?;
    let nested = plan("users", users().start(), &[0], vec![load("devices", &[1]), load("user", &[])]);
    let plain = plan("users", users().start(), &[0], vec![load("devices", &[])]);
    let mut saw = Vec::new();
    for wanted in [nested.clone(), joined(nested), plain.clone(), joined(plain)] {
        let mut best = u128::MAX;
        let mut got = None;
        for _ in 0..rounds.max(1) {
            let begin = std::time::Instant::now();
            got = Some(session.load(wanted.clone(), NO_OPTIONS).await?);
            best = best.min(begin.elapsed().as_micros());
        }
        if let Some((answer, loaded)) = got {
            let counts: Vec<String> = loaded.iter().map(|loaded| loaded.rows.rows.to_string()).collect();
            let right = whole(owners, &loaded[0]);
            saw.push(format!("{} {} {right}", answer.first_batch.rows, counts.join(" ")));
            saw.push(best.to_string());
        }
    }
    Ok(saw)
}

/// The number of owners whose three devices are loaded by rank, which goes down while the key goes up.
fn whole(owners: i64, loaded: &Loaded) -> usize {
    let column = |at: usize| column(&loaded.rows, at);
    let mut of_owner = vec![Vec::new(); owners as usize + 1];
    for ((id, user), rank) in column(0).iter().zip(column(1)).zip(column(2)) {
        of_owner[user as usize].push((rank, *id));
    }
    let is_whole = |user: &i64| of_owner[*user as usize] == [(0, user * 3), (1, user * 3 - 1), (2, user * 3 - 2)];
    (1..=owners).filter(is_whole).count()
}

fn refusal<T>(result: Result<T, impl Into<Error>>) -> String {
    match result {
        Ok(_) => "done".to_owned(),
        Err(error) => lines::error(&error.into()),
    }
}

/// T-68 for plans: a malformed plan is refused before anything is sent, and the session stays usable.
pub async fn t68_plans() -> Saw {
    let session = open().await?;
    let start = || users().order("id", false).start();
    let two = || vec![load("devices", &[1]), load("apps", &[])];
    let with = |roots: &[u32], loads| plan("users", start(), roots, loads);
    let one = |rows: usize, column: ColumnData| keys(rows, vec![column]);
    let plans = [
        plan("nowhere", start(), &[], Vec::new()),
        with(&[0], vec![load("nothing", &[])]),
        // A relationship of another model.
        with(&[0], vec![load("apps", &[])]),
        with(&[], vec![load("devices", &[])]),
        with(&[0, 0], vec![load("devices", &[])]),
        with(&[0, 1], two()),
        with(&[7], vec![load("devices", &[])]),
        with(&[0], vec![load("staff", &[0])]),
        with(&[1], vec![load("staff", &[]), load("staff", &[0])]),
        with(&(0..300).collect::<Vec<_>>(), (0..300).map(|_| load("devices", &[])).collect()),
        plan("users", Query::of("users", &["id", "name"]).start(), &[0], vec![load("devices", &[])]),
        plan("users", Query::of("users", &["name", "id", "boss_id"]).start(), &[0], vec![load("devices", &[])]),
        plan("users", Query::of("devices", &["id", "user_id", "rank"]).start(), &[], Vec::new()),
        plan("users", plan::removal("users", USERS), &[0], vec![load("devices", &[])]),
        plan("rooms", one(1, key(&[1])), &[], Vec::new()),
        plan("users", one(1, texts(&["1"])), &[], Vec::new()),
        plan("users", one(3, key(&[1])), &[], Vec::new()),
        plan("users", known(&["id", "nothing"], vec![key(&[1]), key(&[1])], 1), &[0], vec![load("devices", &[])]),
        plan("users", known(&["id"], vec![key(&[1]), key(&[1])], 1), &[0], vec![load("devices", &[])]),
        plan("users", known(&["boss_id"], vec![key(&[1])], 1), &[0], vec![load("devices", &[])]),
        plan("users", known(&["id"], vec![texts(&["1"])], 1), &[0], vec![load("devices", &[])]),
        plan("users", known(&[], Vec::new(), u32::MAX as usize), &[0], vec![load("devices", &[])]),
    ];
    let mut saw = Vec::new();
    for plan in plans {
        saw.push(refusal(session.load(plan, NO_OPTIONS).await));
    }
    saw.extend(read(&session, with(&[0], two())).await?.into_iter().take(1));
    session.commit().await?;
    let db = Database::open("default", all()).await?;
    saw.push(format!("{} users", db.session()?.one(&select_columns(count_all()).from::<User>()).await?));
    Ok(saw)
}

/// T-32 for plans: the row limit counts the rows of all loads together, joined or not. The error names the limit.
pub async fn t32_loads() -> Saw {
    let session = open().await?;
    session.rollback().await?;
    let mut saw = limited(false).await?;
    saw.extend(limited(true).await?);
    Ok(saw)
}

async fn limited(join: bool) -> Saw {
    let make = || {
        let plan = plan("users", users().order("id", false).start(), &[0], vec![load("devices", &[])]);
        if join { joined(plan) } else { plan }
    };
    let limit = |rows| Options { max_rows: Some(rows), ..NO_OPTIONS };
    let mut saw = Vec::new();
    // Three users and four devices.
    for rows in [7, 6, 3, 2, 0] {
        let session = begin().await?;
        saw.push(refusal(session.load(make(), limit(rows)).await));
        let nothing = plan("users", keys(0, vec![key(&[])]), &[], Vec::new());
        saw.push(refusal(session.load(nothing, NO_OPTIONS).await));
    }
    Ok(saw)
}

/// T-32: a plan of this many rows under a small limit of bytes.
pub async fn t32_load_bytes(owners: u32) -> Saw {
    let db = Database::open("default", all()).await?;
    db.create_all().await?;
    let session = db.begin().await?;
    let people: Vec<_> =
        (1..=i64::from(owners)).map(|id| User { id, name: "n".repeat(40), boss_id: (id > 1).then_some(1) }).collect();
    session.insert_many(&people).await?;
    session.commit().await?;
    let session = begin().await?;
    let plan = plan("users", users().start(), &[0], vec![load("staff", &[])]);
    let mut saw = vec![refusal(session.load(plan.clone(), NO_OPTIONS).await)];
    session.rollback().await?;
    let session = begin().await?;
    saw.push(refusal(session.load(joined(plan), NO_OPTIONS).await));
    Ok(saw)
}
