//! The parts of `test_cascade.py` about rows with two owners, which are orphans without either.

use sqlservice_sdk::prelude::*;

use crate::case::{Case, cases, each, one, rows, same};

cases! { [Rep, Home, Contract]:
    without_any_owner_it_is_written, with_one_owner_it_is_written, lost_by_one_owner_it_goes,
    lost_by_one_owner_before_it_was_written, lost_by_both_owners_it_goes, an_owner_takes_it_along,
    it_moves_from_one_owner_to_another, both_owners_go, moved_while_the_other_owner_goes,
    cleared_by_its_own_side_it_goes, it_comes_back_with_a_savepoint, lost_by_one_while_new_to_another,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "reps")]
struct Rep {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(cascade = "all, delete-orphan", order_by = "name")]
    contracts: Many<Contract>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "homes")]
struct Home {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(cascade = "all, delete-orphan", order_by = "name")]
    contracts: Many<Contract>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "contracts")]
struct Contract {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(foreign_key = "reps.id")]
    rep_id: Option<i64>,
    #[model(foreign_key = "homes.id")]
    home_id: Option<i64>,
    rep: One<Rep>,
    home: One<Home>,
}

fn rep(name: &str) -> Rep {
    Rep { name: name.to_owned(), ..Rep::default() }
}

fn home(name: &str) -> Home {
    Home { name: name.to_owned(), ..Home::default() }
}

fn contract(name: &str) -> Contract {
    Contract { name: name.to_owned(), ..Contract::default() }
}

/// Each contract with its owners.
async fn seen(db: &Database, wanted: &str) -> Case {
    let session = db.session()?;
    let all =
        session.query::<Contract>().order_by(Contract::NAME).with(Contract::REP).with(Contract::HOME).all().await?;
    let name = |it: &Contract| {
        let (rep, home) = (one(&it.rep, |rep| rep.name.clone()), one(&it.home, |home| home.name.clone()));
        format!("{rep}<{}>{home}", it.name)
    };
    same("rows", all.iter().map(|it| name(it)).collect::<Vec<_>>().join(" "), wanted)
}

/// One contract of a rep and a home, committed.
async fn made(session: &Session) -> Result<(Entity<Rep>, Entity<Home>, Entity<Contract>), Error> {
    let (mut rep, mut home) = (session.add(rep("r"))?, session.add(home("h"))?);
    let contract = Entity::new(contract("c"));
    rep.edit().contracts.push(&contract);
    home.edit().contracts.push(&contract);
    session.commit().await?;
    Ok((rep, home, contract))
}

async fn without_any_owner_it_is_written(db: &Database) -> Case {
    let session = db.session()?;
    session.add(contract("c"))?;
    session.commit().await?;
    seen(db, "-<c>-").await
}

async fn with_one_owner_it_is_written(db: &Database) -> Case {
    let session = db.session()?;
    let home = session.add(Home { contracts: Many::from([contract("b")]), ..home("h") })?;
    session.add(Contract { rep: One::from(rep("r")), ..contract("c") })?;
    session.commit().await?;
    seen(db, "-<b>h r<c>-").await?;
    session.delete(&home)?;
    session.commit().await?;
    seen(db, "r<c>-").await
}

async fn lost_by_one_owner_it_goes(db: &Database) -> Case {
    let session = db.session()?;
    let (mut rep, home, contract) = made(&session).await?;
    rep.edit().contracts.remove(&contract);
    session.commit().await?;
    same("list", each(&home.contracts, |it| it.name.clone()), "")?;
    seen(db, "").await
}

async fn lost_by_one_owner_before_it_was_written(db: &Database) -> Case {
    let session = db.session()?;
    let (mut rep, mut home) = (session.add(rep("r"))?, session.add(home("h"))?);
    let new = Entity::new(contract("c"));
    rep.edit().contracts.push(&new);
    home.edit().contracts.push(&new);
    rep.edit().contracts.remove(&new);
    session.commit().await?;
    same("status", new.status(), Status::Transient)?;
    seen(db, "").await
}

async fn lost_by_both_owners_it_goes(db: &Database) -> Case {
    let session = db.session()?;
    let (mut rep, mut home, contract) = made(&session).await?;
    rep.edit().contracts.set::<Contract>([]);
    home.edit().contracts.remove(&contract);
    session.commit().await?;
    seen(db, "").await
}

async fn an_owner_takes_it_along(db: &Database) -> Case {
    let session = db.session()?;
    let (rep, home, contract) = made(&session).await?;
    session.delete(&rep)?;
    session.commit().await?;
    same("objects", (contract.status(), home.status()), (Status::Detached, Status::Persistent))?;
    same("list", each(&home.contracts, |it| it.name.clone()), "")?;
    seen(db, "").await
}

async fn it_moves_from_one_owner_to_another(db: &Database) -> Case {
    let session = db.session()?;
    let (mut first, _, contract) = made(&session).await?;
    let mut second = session.add(rep("s"))?;
    first.edit().contracts.remove(&contract);
    second.edit().contracts.push(&contract);
    session.commit().await?;
    seen(db, "s<c>h").await
}

async fn both_owners_go(db: &Database) -> Case {
    let session = db.session()?;
    let (rep, home, _) = made(&session).await?;
    session.delete(&rep)?;
    session.delete(&home)?;
    session.commit().await?;
    rows(db, "reps", &select_columns(Rep::NAME), "[]").await?;
    rows(db, "homes", &select_columns(Home::NAME), "[]").await?;
    seen(db, "").await
}

/// The contract has another rep by then, and loses its home: it is an orphan.
async fn moved_while_the_other_owner_goes(db: &Database) -> Case {
    let session = db.session()?;
    let (mut first, home, contract) = made(&session).await?;
    let mut second = session.add(rep("s"))?;
    first.edit().contracts.remove(&contract);
    second.edit().contracts.push(&contract);
    session.delete(&home)?;
    session.commit().await?;
    same("list", each(&second.contracts, |it| it.name.clone()), "")?;
    seen(db, "").await
}

async fn cleared_by_its_own_side_it_goes(db: &Database) -> Case {
    let session = db.session()?;
    let (rep, _, mut contract) = made(&session).await?;
    contract.edit().home.clear();
    session.commit().await?;
    same("list", each(&rep.contracts, |it| it.name.clone()), "")?;
    seen(db, "").await
}

async fn it_comes_back_with_a_savepoint(db: &Database) -> Case {
    let session = db.session()?;
    let (mut rep, home, contract) = made(&session).await?;
    let savepoint = session.begin_nested().await?;
    rep.edit().contracts.remove(&contract);
    session.flush().await?;
    savepoint.rollback().await?;
    let name = |it: &Contract| it.name.clone();
    same("lists", (each(&rep.contracts, name), each(&home.contracts, name)), ("c".to_owned(), "c".to_owned()))?;
    same("its own side", one(&contract.home, |home| home.name.clone()), "h")?;
    session.commit().await?;
    seen(db, "r<c>h").await
}

async fn lost_by_one_while_new_to_another(db: &Database) -> Case {
    let session = db.session()?;
    let mut home = session.add(home("h"))?;
    let new = session.add(Contract { rep: One::from(rep("r")), ..contract("c") })?;
    home.edit().contracts.push(&new);
    session.flush().await?;
    home.edit().contracts.remove(&new);
    session.commit().await?;
    seen(db, "").await
}
