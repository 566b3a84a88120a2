//! `test_unitofwork.py`, `test_unitofworkv2.py` and the writing parts of `test_relationships.py`. It is long: a function a case.

mod flush;
mod switch;

use sqlservice_sdk::prelude::*;

use self::flush::{
    a_child_moves_and_its_old_parent_goes, a_child_moves_by_its_key_and_its_old_parent_goes,
    a_child_moves_twice_before_a_flush, a_failed_flush_is_tried_again, a_failed_flush_with_new_children_is_tried_again,
    a_flush_in_the_middle, a_key_that_is_taken, an_edit_and_its_reverse, an_insert_an_update_and_a_delete_together,
    an_object_without_columns_to_say, an_update_of_many_rows_with_other_columns, both_parents_go_and_the_child_stays,
    bytes_are_compared, children_are_told_of_their_parents_key, deleted_and_added_again_stays,
    deleted_twice_is_deleted_once, edits_of_a_deleted_object_are_nothing, expressions_are_not_objects,
    many_changes_in_one_flush, null_keys_are_refused, order_of_inserts_is_the_order_of_adds, primary_keys_of_all_kinds,
    pushed_twice_is_one_child, texts_of_all_kinds, truths_are_written,
};
use self::switch::{
    a_child_stays_on_a_switched_row, a_child_that_needs_a_parent_that_goes, a_row_is_switched_to_another_owner,
    a_row_is_switched_with_its_children, a_switch_that_fails_is_done_later, a_switched_row_is_updated_and_deleted,
    a_switched_row_takes_nulls, an_edited_key_and_a_delete, keys_of_columns_with_other_names,
};
use crate::case::{Case, cases, count, each, kind, one, rows, same};

cases! { [User, Address, Login, Employee, Root, Middle, Leaf, Other, Owner, Owned, Plain, Token, Tray, Cup, Labelled]:
relationship_wins_over_a_foreign_key, list_wins_over_a_foreign_key, a_foreign_key_alone_is_kept,
unset_relationship_leaves_the_foreign_key, cleared_relationship_wins_over_a_foreign_key,
a_one_to_one_is_set_and_replaced, a_one_to_one_is_cleared, a_one_to_one_moves, a_one_to_one_is_deleted_behind_it,
keys_shared_by_two_tables, keys_shared_by_two_tables_later, keys_shared_cannot_be_blanked,
keys_shared_go_together_by_hand, keys_of_several_columns_over_one_table, keys_of_several_columns_change_parent,
a_root_of_a_diamond_goes, a_middle_of_a_diamond_goes, many_changes_in_one_flush, an_edit_and_its_reverse,
an_update_of_many_rows_with_other_columns, an_insert_an_update_and_a_delete_together,
an_object_without_columns_to_say, a_flush_in_the_middle, edits_of_a_deleted_object_are_nothing,
deleted_twice_is_deleted_once, deleted_and_added_again_stays, a_key_that_is_taken, null_keys_are_refused,
texts_of_all_kinds, children_are_told_of_their_parents_key, a_child_moves_twice_before_a_flush,
a_child_moves_and_its_old_parent_goes, a_child_moves_by_its_key_and_its_old_parent_goes,
both_parents_go_and_the_child_stays, pushed_twice_is_one_child, a_failed_flush_is_tried_again,
a_failed_flush_with_new_children_is_tried_again, truths_are_written, bytes_are_compared,
primary_keys_of_all_kinds, expressions_are_not_objects, order_of_inserts_is_the_order_of_adds,
a_row_is_switched_with_its_children, a_switched_row_is_updated_and_deleted, a_child_stays_on_a_switched_row,
a_child_that_needs_a_parent_that_goes, a_switched_row_takes_nulls, an_edited_key_and_a_delete,
a_row_is_switched_to_another_owner, a_switch_that_fails_is_done_later, keys_of_columns_with_other_names,
}

/// A tray whose cups cannot exist without it.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "trays")]
struct Tray {
    #[model(primary_key)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(cascade = "all, delete-orphan", order_by = "id")]
    cups: Many<Cup>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "cups")]
struct Cup {
    #[model(primary_key)]
    id: i64,
    #[model(foreign_key = "trays.id")]
    tray_id: i64,
    #[model(length = 20)]
    name: String,
    note: Option<i64>,
    #[model(foreign_key = "plains.id")]
    plain_id: Option<i64>,
    tray: One<Tray>,
    plain: One<Plain>,
}

/// A model whose columns have other names than its fields.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "labelled")]
struct Labelled {
    #[model(primary_key, generated, column = "key")]
    id: i64,
    #[model(column = "the label", length = 20)]
    name: String,
    #[model(column = "up", foreign_key = "labelled.key")]
    parent_id: Option<i64>,
    #[model(order_by = "the label")]
    children: Many<Labelled>,
    parent: One<Labelled>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "users")]
struct User {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    active: bool,
    photo: Option<Vec<u8>>,
    #[model(order_by = "email")]
    addresses: Many<Address>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "addresses")]
struct Address {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "users.id")]
    user_id: Option<i64>,
    #[model(length = 40)]
    email: String,
    user: One<User>,
}

/// A login whose primary key is its user's.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "logins")]
struct Login {
    #[model(primary_key, foreign_key = "plains.id")]
    id: i64,
    #[model(length = 20)]
    word: String,
    plain: One<Plain>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "plains")]
struct Plain {
    #[model(primary_key, generated)]
    id: i64,
    login: One<Login>,
}

/// A composite key, one column of which is shared with the boss's.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "employees", foreign_key(columns(company, boss_number), refers = "employees(company, number)"))]
struct Employee {
    #[model(primary_key)]
    company: i64,
    #[model(primary_key)]
    number: i64,
    boss_number: Option<i64>,
    #[model(length = 20)]
    name: String,
    #[model(order_by = "number")]
    reports: Many<Employee>,
    boss: One<Employee>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "roots")]
struct Root {
    #[model(primary_key, generated)]
    id: i64,
    #[model(cascade = "all, delete-orphan")]
    middles: Many<Middle>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "middles")]
struct Middle {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "roots.id")]
    root_id: i64,
    #[model(cascade = "all, delete-orphan")]
    leaves: Many<Leaf>,
    root: One<Root>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "leaves")]
struct Leaf {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "middles.id")]
    middle_id: i64,
    #[model(foreign_key = "others.id")]
    other_id: Option<i64>,
    middle: One<Middle>,
    other: One<Other>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "others")]
struct Other {
    #[model(primary_key, generated)]
    id: i64,
}

/// An owner of one row.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "owners")]
struct Owner {
    #[model(primary_key, generated)]
    id: i64,
    owned: One<Owned>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "owned")]
struct Owned {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "owners.id")]
    owner_id: Option<i64>,
    #[model(length = 20)]
    name: String,
    owner: One<Owner>,
}

/// A key that is not numeric.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "tokens")]
struct Token {
    #[model(primary_key)]
    day: Date,
    #[model(primary_key)]
    open: bool,
    #[model(primary_key)]
    uuid: Uuid,
    #[model(primary_key, length = 16)]
    bytes: Vec<u8>,
    #[model(length = 20)]
    name: String,
}

fn user(name: &str) -> User {
    User { name: name.to_owned(), ..User::default() }
}

fn address(email: &str) -> Address {
    Address { email: email.to_owned(), ..Address::default() }
}

fn owned(name: &str) -> Owned {
    Owned { name: name.to_owned(), ..Owned::default() }
}

/// Addresses with the names of their users.
async fn seen(db: &Database, what: &str, wanted: &str) -> Case {
    let query = select_columns((Address::EMAIL, nullif(User::NAME, "")))
        .from::<Address>()
        .left_join::<User>(User::ID.eq(Address::USER_ID))
        .order_by(Address::EMAIL);
    let found = db.session()?.all(&query).await?;
    let shown = |(email, user): (String, Option<String>)| format!("{email}:{}", user.unwrap_or_default());
    same(what, found.into_iter().map(shown).collect::<Vec<_>>().join(" ").as_str(), wanted)
}

fn emails(user: &Entity<User>) -> String {
    each(&user.addresses, |address| address.email.clone())
}

/// ed and jo, without addresses.
async fn two(session: &Session) -> Result<(Entity<User>, Entity<User>), Error> {
    let made = (session.add(user("ed"))?, session.add(user("jo"))?);
    session.commit().await?;
    Ok(made)
}

async fn relationship_wins_over_a_foreign_key(db: &Database) -> Case {
    let session = db.session()?;
    let (ed, jo) = two(&session).await?;
    session.add(Address { user_id: Some(ed.id), user: One::from(&jo), ..address("a") })?;
    session.commit().await?;
    seen(db, "new", "a:jo").await?;
    let mut a = session.query::<Address>().one().await?;
    {
        let mut edit = a.edit();
        edit.user_id = Some(jo.id);
        edit.user.set(&ed);
    }
    session.commit().await?;
    seen(db, "edited", "a:ed").await
}

async fn list_wins_over_a_foreign_key(db: &Database) -> Case {
    let session = db.session()?;
    let (mut ed, jo) = two(&session).await?;
    let a = Entity::new(Address { user_id: Some(jo.id), ..address("a") });
    ed.edit().addresses.push(&a);
    session.commit().await?;
    seen(db, "new", "a:ed").await?;
    same("key", a.user_id, Some(ed.id))
}

async fn a_foreign_key_alone_is_kept(db: &Database) -> Case {
    let session = db.session()?;
    let (ed, _jo) = two(&session).await?;
    let a = session.add(Address { user_id: Some(ed.id), ..address("a") })?;
    session.commit().await?;
    seen(db, "new", "a:ed").await?;
    same("relationship", one(&a.user, |user| user.name.clone()), "ed")?;
    same("other side", emails(&ed), "a")
}

async fn unset_relationship_leaves_the_foreign_key(db: &Database) -> Case {
    let session = db.session()?;
    let (ed, _jo) = two(&session).await?;
    let id = session.add(Address { user_id: Some(ed.id), ..address("a") })?.id;
    session.commit().await?;
    let other = db.session()?;
    let mut a = other.query::<Address>().one().await?;
    a.edit().email = "b".to_owned();
    other.commit().await?;
    same("id", a.id > id, true)?;
    seen(db, "edited", "b:ed").await
}

async fn cleared_relationship_wins_over_a_foreign_key(db: &Database) -> Case {
    let session = db.session()?;
    let (ed, jo) = two(&session).await?;
    let mut a = session.add(Address { user: One::from(&ed), ..address("a") })?;
    session.commit().await?;
    {
        let mut edit = a.edit();
        edit.user_id = Some(jo.id);
        edit.user.clear();
    }
    session.commit().await?;
    seen(db, "edited", "a:").await
}

async fn a_one_to_one_is_set_and_replaced(db: &Database) -> Case {
    let session = db.session()?;
    let mut owner = session.add(Owner { owned: One::from(owned("a")), ..Owner::default() })?;
    session.commit().await?;
    let first = owner.owned.get()?.ok_or("nothing")?.clone();
    same("key", first.owner_id, Some(owner.id))?;
    owner.edit().owned.set(owned("b"));
    session.commit().await?;
    let names = select_columns((Owned::NAME, Owned::OWNER_ID)).order_by(Owned::NAME);
    rows(db, "owned", &names, &format!(r#"[("a", None), ("b", Some({}))]"#, owner.id)).await?;
    same("told", one(&first.owner, |owner| owner.id.to_string()), "-")
}

async fn a_one_to_one_is_cleared(db: &Database) -> Case {
    let session = db.session()?;
    let owner = session.add(Owner { owned: One::from(owned("a")), ..Owner::default() })?;
    session.commit().await?;
    let other = db.session()?;
    let mut unloaded = other.get_one::<Owner>(owner.id).await?;
    unloaded.edit().owned.clear();
    other.commit().await?;
    rows(db, "owned", &select_columns(Owned::OWNER_ID), "[None]").await
}

async fn a_one_to_one_moves(db: &Database) -> Case {
    let session = db.session()?;
    let mut first = session.add(Owner { owned: One::from(owned("a")), ..Owner::default() })?;
    let mut second = session.add(Owner { owned: One::from(owned("b")), ..Owner::default() })?;
    session.commit().await?;
    let a = first.owned.get()?.ok_or("nothing")?.clone();
    second.edit().owned.set(&a);
    session.commit().await?;
    let names = select_columns((Owned::NAME, Owned::OWNER_ID)).order_by(Owned::NAME);
    rows(db, "owned", &names, &format!(r#"[("a", Some({})), ("b", None)]"#, second.id)).await?;
    same("told", one(&first.owned, |owned| owned.name.clone()), "-")?;
    // By the other side of the relationship.
    let mut a = a;
    a.edit().owner.set(&first);
    session.commit().await?;
    same("told", one(&first.owned, |owned| owned.name.clone()), "a")?;
    same("told", one(&second.owned, |owned| owned.name.clone()), "-")?;
    first.edit().owned.clear();
    session.commit().await?;
    rows(db, "owned", &names, r#"[("a", None), ("b", None)]"#).await
}

async fn a_one_to_one_is_deleted_behind_it(db: &Database) -> Case {
    let session = db.session()?;
    let owner = session.add(Owner { owned: One::from(owned("a")), ..Owner::default() })?;
    session.commit().await?;
    let a = owner.owned.get()?.ok_or("nothing")?.clone();
    session.delete(&a)?;
    session.commit().await?;
    same("told", one(&owner.owned, |owned| owned.name.clone()), "-")
}

async fn keys_shared_by_two_tables(db: &Database) -> Case {
    let session = db.session()?;
    let plain = session
        .add(Plain { login: One::from(Login { word: "a".to_owned(), ..Login::default() }), ..Plain::default() })?;
    let login = session.add(Login { plain: One::from(Plain::default()), word: "b".to_owned(), ..Login::default() })?;
    session.commit().await?;
    let first = plain.login.get()?.ok_or("nothing")?;
    same("keys", first.id, plain.id)?;
    let second = login.plain.get()?.ok_or("nothing")?;
    same("keys", login.id, second.id)?;
    same("found", session.get::<Login>(plain.id).await?.is_some_and(|found| found.is(first)), true)
}

async fn keys_shared_by_two_tables_later(db: &Database) -> Case {
    let session = db.session()?;
    let id = {
        let plain = session.add(Plain::default())?;
        session.commit().await?;
        plain.id
    };
    let other = db.session()?;
    let mut plain = other.get_one::<Plain>(id).await?;
    plain.edit().login.set(Login { word: "a".to_owned(), ..Login::default() });
    other.commit().await?;
    rows(db, "logins", &select_columns(Login::ID), &format!("[{id}]")).await
}

async fn keys_shared_cannot_be_blanked(db: &Database) -> Case {
    let session = db.session()?;
    let mut plain = session.add(Plain { login: One::from(Login::default()), ..Plain::default() })?;
    session.commit().await?;
    plain.edit().login.clear();
    same("refused", kind(&session.flush().await).starts_with("invalid: "), true)?;
    session.rollback().await?;
    session.delete(&plain)?;
    same("refused", kind(&session.flush().await).starts_with("invalid: "), true)?;
    session.rollback().await?;
    same("left", (count::<Plain>(db).await?, count::<Login>(db).await?), (1, 1))
}

async fn keys_shared_go_together_by_hand(db: &Database) -> Case {
    let session = db.session()?;
    let plain = session.add(Plain { login: One::from(Login::default()), ..Plain::default() })?;
    session.commit().await?;
    let login = plain.login.get()?.ok_or("nothing")?.clone();
    session.delete(&plain)?;
    session.delete(&login)?;
    session.commit().await?;
    same("left", (count::<Plain>(db).await?, count::<Login>(db).await?), (0, 0))
}

fn employee(company: i64, number: i64) -> Employee {
    Employee { company, number, name: format!("{company}-{number}"), ..Employee::default() }
}

async fn keys_of_several_columns_over_one_table(db: &Database) -> Case {
    let session = db.session()?;
    let boss = session.add(Employee { reports: Many::from([employee(1, 3), employee(1, 2)]), ..employee(1, 1) })?;
    session.add(Employee { boss: One::from(employee(2, 1)), ..employee(2, 5) })?;
    session.commit().await?;
    let query = select_columns((Employee::NAME, Employee::BOSS_NUMBER)).order_by((Employee::COMPANY, Employee::NUMBER));
    rows(
        db,
        "employees",
        &query,
        r#"[("1-1", None), ("1-2", Some(1)), ("1-3", Some(1)), ("2-1", None), ("2-5", Some(1))]"#,
    )
    .await?;
    let name = |employee: &Employee| employee.name.clone();
    same("boss", one(&boss.reports.get()?[0].boss, name), "1-1")?;
    let other = db.session()?;
    let found = other
        .query::<Employee>()
        .order_by((Employee::COMPANY, Employee::NUMBER))
        .with(Employee::BOSS)
        .with(Employee::REPORTS)
        .all()
        .await?;
    let shown: Vec<String> =
        found.iter().map(|it| format!("{}[{}]", one(&it.boss, name), each(&it.reports, name))).collect();
    same("loaded", shown.join(" "), "-[1-2 1-3] 1-1[] 1-1[] -[2-5] 2-1[]")
}

async fn keys_of_several_columns_change_parent(db: &Database) -> Case {
    let session = db.session()?;
    let mut first = session.add(Employee { reports: Many::from([employee(1, 3)]), ..employee(1, 1) })?;
    let mut second = session.add(employee(1, 2))?;
    session.commit().await?;
    let third = first.reports.get()?[0].clone();
    first.edit().reports.remove(&third);
    second.edit().reports.push(&third);
    session.commit().await?;
    same("boss", third.boss_number, Some(2))?;
    let mut third = third;
    third.edit().boss.set(&first);
    session.commit().await?;
    same("boss", third.boss_number, Some(1))?;
    same("company", third.company, 1)
}

/// A root, a middle, three leaves, and a row that all leaves share.
async fn diamond(session: &Session) -> Result<(Entity<Root>, Entity<Middle>), Error> {
    let other = Entity::new(Other::default());
    let leaf = || Leaf { other: One::from(&other), ..Leaf::default() };
    let middle = Entity::new(Middle { leaves: Many::from([leaf(), leaf(), leaf()]), ..Middle::default() });
    let root = session.add(Root { middles: Many::from([&middle]), ..Root::default() })?;
    session.commit().await?;
    Ok((root, middle))
}

async fn a_root_of_a_diamond_goes(db: &Database) -> Case {
    let session = db.session()?;
    let id = diamond(&session).await?.0.id;
    let other = db.session()?;
    let root = other.get_one::<Root>(id).await?;
    other.delete(&root)?;
    other.commit().await?;
    let left =
        (count::<Root>(db).await?, count::<Middle>(db).await?, count::<Leaf>(db).await?, count::<Other>(db).await?);
    same("left", left, (0, 0, 0, 1))
}

async fn a_middle_of_a_diamond_goes(db: &Database) -> Case {
    let session = db.session()?;
    let (root, middle) = diamond(&session).await?;
    session.delete(&middle)?;
    session.commit().await?;
    same("left", (count::<Root>(db).await?, count::<Middle>(db).await?, count::<Leaf>(db).await?), (1, 0, 0))?;
    same("told", root.middles.get()?.len(), 0)
}
