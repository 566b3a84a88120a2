//! Many changes in one flush, and failed flushes.

use sqlservice_sdk::prelude::*;

use super::{Address, Employee, Other, Token, User, address, emails, seen, two, user};
use crate::case::{Case, count, kind, one, rows, same};

pub(super) async fn many_changes_in_one_flush(db: &Database) -> Case {
    let session = db.session()?;
    let (mut ed, jo) = two(&session).await?;
    let mut a = session.add(Address { user: One::from(&jo), ..address("a") })?;
    let b = session.add(address("b"))?;
    session.commit().await?;
    ed.edit().name = "eddy".to_owned();
    ed.edit().addresses.push(&b);
    a.edit().user.set(user("al"));
    session.delete(&jo)?;
    session.commit().await?;
    seen(db, "after", "a:al b:eddy").await
}

pub(super) async fn an_edit_and_its_reverse(db: &Database) -> Case {
    let session = db.session()?;
    let (mut ed, jo) = two(&session).await?;
    let mut a = session.add(Address { user: One::from(&ed), ..address("a") })?;
    session.commit().await?;
    ed.edit().name = "x".to_owned();
    ed.edit().name = "ed".to_owned();
    a.edit().user.set(&jo);
    a.edit().user.set(&ed);
    same("modified", (session.is_modified(&ed), session.is_modified(&a), session.dirty().len()), (false, false, 0))?;
    session.commit().await?;
    seen(db, "after", "a:ed").await
}

pub(super) async fn an_update_of_many_rows_with_other_columns(db: &Database) -> Case {
    let session = db.session()?;
    let mut users = session.add_all((0..6).map(|number| user(&number.to_string())))?;
    session.commit().await?;
    users[0].edit().name = "a".to_owned();
    users[1].edit().active = true;
    users[2].edit().name = "c".to_owned();
    users[2].edit().active = true;
    users[3].edit().photo = Some(vec![1]);
    users[5].edit().name = "f".to_owned();
    session.commit().await?;
    let query = select_columns((User::NAME, User::ACTIVE, User::PHOTO)).order_by(User::ID);
    let wanted = r#"[("a", false, None), ("1", true, None), ("c", true, None), ("3", false, Some([1])), ("4", false, None), ("f", false, None)]"#;
    rows(db, "users", &query, wanted).await
}

pub(super) async fn an_insert_an_update_and_a_delete_together(db: &Database) -> Case {
    let session = db.session()?;
    let (mut ed, jo) = two(&session).await?;
    session.add(user("al"))?;
    ed.edit().name = "eddy".to_owned();
    session.delete(&jo)?;
    session.commit().await?;
    rows(db, "users", &select_columns(User::NAME).order_by(User::NAME), r#"["al", "eddy"]"#).await
}

pub(super) async fn an_object_without_columns_to_say(db: &Database) -> Case {
    let session = db.session()?;
    let others = session.add_all([Other::default(), Other::default(), Other::default()])?;
    session.commit().await?;
    same("keys", others.iter().all(|other| other.id > 0), true)?;
    same("rows", count::<Other>(db).await?, 3)
}

pub(super) async fn a_flush_in_the_middle(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = session.add(user("ed"))?;
    session.flush().await?;
    let id = ed.id;
    ed.edit().name = "eddy".to_owned();
    ed.edit().addresses.push(address("a"));
    session.flush().await?;
    ed.edit().addresses.push(address("b"));
    session.commit().await?;
    same("key", ed.id, id)?;
    seen(db, "after", "a:eddy b:eddy").await
}

pub(super) async fn edits_of_a_deleted_object_are_nothing(db: &Database) -> Case {
    let session = db.session()?;
    let (mut ed, _jo) = two(&session).await?;
    session.delete(&ed)?;
    ed.edit().name = "x".to_owned();
    ed.edit().addresses.push(address("a"));
    session.commit().await?;
    rows(db, "users", &select_columns(User::NAME), r#"["jo"]"#).await
}

pub(super) async fn deleted_twice_is_deleted_once(db: &Database) -> Case {
    let session = db.session()?;
    let (ed, _jo) = two(&session).await?;
    session.delete(&ed)?;
    session.delete(&ed)?;
    session.flush().await?;
    session.delete(&ed)?;
    session.commit().await?;
    rows(db, "users", &select_columns(User::NAME), r#"["jo"]"#).await?;
    same("again", kind(&session.delete(&ed)), "NotPersisted")
}

pub(super) async fn deleted_and_added_again_stays(db: &Database) -> Case {
    let session = db.session()?;
    let (ed, _jo) = two(&session).await?;
    session.delete(&ed)?;
    session.add(&ed)?;
    same("status", ed.status(), Status::Persistent)?;
    session.commit().await?;
    rows(db, "users", &select_columns(User::NAME).order_by(User::NAME), r#"["ed", "jo"]"#).await
}

pub(super) async fn a_key_that_is_taken(db: &Database) -> Case {
    let session = db.session()?;
    let (ed, _jo) = two(&session).await?;
    let other = session.add(User { id: ed.id, ..user("x") })?;
    same("refused", kind(&session.flush().await), "unique")?;
    session.expunge(&other);
    session.commit().await?;
    same("status", (ed.status(), other.status()), (Status::Persistent, Status::Transient))?;
    rows(db, "users", &select_columns(User::NAME).order_by(User::NAME), r#"["ed", "jo"]"#).await
}

pub(super) async fn null_keys_are_refused(db: &Database) -> Case {
    let session = db.session()?;
    same("of none", session.get::<User>(Option::<i64>::None).await?.is_none(), true)?;
    same("of half", session.get::<Employee>((1_i64, Option::<i64>::None)).await?.is_none(), true)
}

pub(super) async fn texts_of_all_kinds(db: &Database) -> Case {
    let session = db.session()?;
    let texts = ["ćçé", "日本語", "🦀 crab", "'; drop table users; --", "a\\b%_", "", " ", "\"quoted\"", "line\nline"];
    session.add_all(texts.map(user))?;
    session.commit().await?;
    let other = db.session()?;
    let found = other.query::<User>().order_by(User::ID).all().await?;
    same("texts", found.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), texts.to_vec())?;
    for text in texts.into_iter().filter(|text| !text.trim().is_empty()) {
        same("found", other.query::<User>().filter(User::NAME.eq(text)).all().await?.len(), 1)?;
    }
    Ok(())
}

pub(super) async fn children_are_told_of_their_parents_key(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = user("ed");
    let a = Entity::new(address("a"));
    ed.addresses.push(&a);
    let ed = session.add(ed)?;
    same("before", a.user_id, None)?;
    session.flush().await?;
    same("after", a.user_id, Some(ed.id))?;
    same("other side", one(&a.user, |user| user.name.clone()), "ed")
}

pub(super) async fn a_child_moves_twice_before_a_flush(db: &Database) -> Case {
    let session = db.session()?;
    let (mut ed, mut jo) = two(&session).await?;
    let mut al = session.add(user("al"))?;
    let a = session.add(Address { user: One::from(&ed), ..address("a") })?;
    session.commit().await?;
    ed.edit().addresses.remove(&a);
    jo.edit().addresses.push(&a);
    jo.edit().addresses.remove(&a);
    al.edit().addresses.push(&a);
    session.commit().await?;
    seen(db, "after", "a:al").await?;
    same("told", (emails(&ed), emails(&jo), emails(&al)), (String::new(), String::new(), "a".to_owned()))
}

pub(super) async fn a_child_moves_and_its_old_parent_goes(db: &Database) -> Case {
    let session = db.session()?;
    let (ed, mut jo) = two(&session).await?;
    let a = session.add(Address { user: One::from(&ed), ..address("a") })?;
    session.commit().await?;
    session.delete(&ed)?;
    jo.edit().addresses.push(&a);
    session.commit().await?;
    seen(db, "after", "a:jo").await
}

pub(super) async fn a_child_moves_by_its_key_and_its_old_parent_goes(db: &Database) -> Case {
    let session = db.session()?;
    let (ed, jo) = two(&session).await?;
    let mut a = session.add(Address { user: One::from(&ed), ..address("a") })?;
    session.commit().await?;
    a.edit().user_id = Some(jo.id);
    session.delete(&ed)?;
    session.commit().await?;
    seen(db, "after", "a:jo").await
}

pub(super) async fn both_parents_go_and_the_child_stays(db: &Database) -> Case {
    let session = db.session()?;
    let (ed, mut jo) = two(&session).await?;
    let a = session.add(Address { user: One::from(&ed), ..address("a") })?;
    session.commit().await?;
    jo.edit().addresses.push(&a);
    session.delete(&ed)?;
    session.delete(&jo)?;
    session.commit().await?;
    seen(db, "after", "a:").await
}

pub(super) async fn pushed_twice_is_one_child(db: &Database) -> Case {
    let session = db.session()?;
    let (mut ed, _jo) = two(&session).await?;
    let a = Entity::new(address("a"));
    ed.edit().addresses.push(&a);
    ed.edit().addresses.push(&a);
    session.commit().await?;
    seen(db, "after", "a:ed").await?;
    same("told", emails(&ed), "a")
}

pub(super) async fn a_failed_flush_is_tried_again(db: &Database) -> Case {
    let session = db.session()?;
    let (ed, _jo) = two(&session).await?;
    let mut x = session.add(User { id: ed.id, ..user("x") })?;
    let y = session.add(user("y"))?;
    same("refused", kind(&session.flush().await), "unique")?;
    same("status", (x.status(), y.status(), y.id), (Status::Pending, Status::Pending, 0))?;
    x.edit().id = 0;
    session.commit().await?;
    rows(db, "users", &select_columns(User::NAME).order_by(User::NAME), r#"["ed", "jo", "x", "y"]"#).await
}

pub(super) async fn a_failed_flush_with_new_children_is_tried_again(db: &Database) -> Case {
    let session = db.session()?;
    let (ed, _jo) = two(&session).await?;
    let mut x = session.add(User { id: ed.id, addresses: Many::from([address("a"), address("b")]), ..user("x") })?;
    same("refused", kind(&session.flush().await), "unique")?;
    let children = x.addresses.handles()?;
    same(
        "children",
        children.iter().map(|child| (child.status(), child.id)).collect::<Vec<_>>(),
        vec![(Status::Transient, 0); 2],
    )?;
    x.edit().id = 0;
    session.commit().await?;
    seen(db, "after", "a:x b:x").await
}

pub(super) async fn truths_are_written(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = session.add(User { active: true, ..user("ed") })?;
    session.add(user("jo"))?;
    session.commit().await?;
    let active = select_columns(User::NAME).filter(User::ACTIVE.eq(true));
    rows(db, "true", &active, r#"["ed"]"#).await?;
    rows(db, "as it is", &select_columns(User::NAME).filter(User::ACTIVE.expr()), r#"["ed"]"#).await?;
    ed.edit().active = false;
    session.commit().await?;
    rows(db, "none", &active, "[]").await
}

pub(super) async fn bytes_are_compared(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = session.add(User { photo: Some(vec![0, 1, 255]), ..user("ed") })?;
    session.commit().await?;
    ed.edit().photo = Some(vec![0, 1, 255]);
    same("same", session.is_modified(&ed), false)?;
    ed.edit().photo = Some(vec![0, 1]);
    same("other", session.is_modified(&ed), true)?;
    session.commit().await?;
    rows(db, "photo", &select_columns(User::PHOTO), "[Some([0, 1])]").await
}

pub(super) async fn primary_keys_of_all_kinds(db: &Database) -> Case {
    let session = db.session()?;
    let token = |day: u32, open: bool, number: u128, bytes: &[u8]| Token {
        day: Date::new(2024, 2, day).unwrap_or_default(),
        open,
        uuid: Uuid::from_u128(0x0001_0203_0405_4000_8000_0000_0000_0000 + number),
        bytes: bytes.to_vec(),
        name: format!("{day}{open}{number}"),
    };
    let mut tokens =
        session.add_all([token(29, true, 1, b"a"), token(29, false, 1, b"a"), token(1, true, 2, b"\0")])?;
    session.commit().await?;
    for token in &mut tokens {
        token.edit().name.push('x');
    }
    session.commit().await?;
    let other = db.session()?;
    let first = &tokens[0];
    let found =
        other.get::<Token>((first.day, first.open, first.uuid, first.bytes.clone())).await?.ok_or("not found")?;
    same("found", found.name.as_str(), "29true1x")?;
    let again = other.query::<Token>().filter(Token::NAME.eq("29true1x")).one().await?;
    same("one object", again.is(&found), true)?;
    other.delete(&found)?;
    other.commit().await?;
    same("rows", count::<Token>(db).await?, 2)
}

pub(super) async fn expressions_are_not_objects(db: &Database) -> Case {
    // SQLAlchemy assigns an expression to an attribute; here that is a statement, with which objects are synchronized.
    let session = db.session()?;
    let (ed, jo) = two(&session).await?;
    let change = update::<User>().set(User::NAME, User::NAME.concat("!")).filter(User::ID.eq(ed.id));
    session.execute(&change).await?;
    same("in step", (ed.name.as_str(), jo.name.as_str()), ("ed!", "jo"))
}

pub(super) async fn order_of_inserts_is_the_order_of_adds(db: &Database) -> Case {
    let session = db.session()?;
    let names = ["e", "a", "d", "b", "c"];
    let users = session.add_all(names.map(user))?;
    session.commit().await?;
    same("keys", users.windows(2).all(|pair| pair[0].id < pair[1].id), true)?;
    let addresses = ["z", "y", "x"].map(address);
    let ed = session.add(User { addresses: Many::from(addresses), ..user("ed") })?;
    session.commit().await?;
    let children = ed.addresses.get()?;
    same("children's keys", children.windows(2).all(|pair| pair[0].id < pair[1].id), true)
}
