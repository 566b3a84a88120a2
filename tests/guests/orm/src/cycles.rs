//! `test_cycles.py`: self-referential tables, and tables that refer to each other. It is long: a function a case.

mod deep;

use sqlservice_sdk::prelude::*;

use self::deep::{loads_nest_as_deep_as_is_said, loads_that_nest_too_deep_are_refused};
use crate::case::{Case, cases, count, each, kind, one, rows, same};

cases! { [Left, Right, Extra, Node, Item, Person, Ball, Kin, Third]:
    tables_in_a_circle_with_rows_in_none, tables_in_a_circle_are_deleted, tables_in_a_circle_with_children_of_one,
    both_point_to_one_that_was_there, both_point_to_new_ones_and_old_ones, a_row_of_its_own,
    a_row_that_refers_to_itself, a_row_that_refers_to_itself_goes, two_rows_refer_to_each_other_by_post_update,
    siblings_in_a_list, a_sibling_leaves_the_list, a_list_of_siblings_goes, a_post_update_of_rows_that_are_there,
    a_post_update_is_cleared,     a_post_update_of_an_unloaded_one_is_cleared,     a_parent_by_another_column_than_the_key,
    an_unloaded_parent_with_children_of_a_unique_column,
    children_stay_without_their_parent, a_chain_of_parents_is_written,     a_chain_is_turned_around, a_new_row_between_two_old_ones, an_old_root_gets_a_new_root,
    many_to_one_alone_in_a_later_flush, delete_a_child_and_its_parent_stays, loads_nest_as_deep_as_is_said, loads_that_nest_too_deep_are_refused,
}

/// Two tables that refer to each other.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "lefts")]
struct Left {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(foreign_key = "rights.id")]
    right_id: Option<i64>,
    #[model(foreign_key = "left_id")]
    rights: Many<Right>,
    #[model(foreign_key = "right_id")]
    right: One<Right>,
    extras: Many<Extra>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "rights")]
struct Right {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(foreign_key = "lefts.id")]
    left_id: Option<i64>,
    #[model(foreign_key = "right_id")]
    lefts: Many<Left>,
    #[model(foreign_key = "left_id")]
    left: One<Left>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "extras")]
struct Extra {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "lefts.id")]
    left_id: Option<i64>,
}

/// A row that needs a row of each of the two tables.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "thirds")]
struct Third {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "lefts.id")]
    left_id: i64,
    #[model(foreign_key = "rights.id")]
    right_id: i64,
    left: One<Left>,
    right: One<Right>,
}

/// A tree whose siblings form a linked list.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "nodes")]
struct Node {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    path: String,
    #[model(foreign_key = "nodes.id")]
    parent_id: Option<i64>,
    #[model(foreign_key = "nodes.id")]
    before_id: Option<i64>,
    #[model(foreign_key = "nodes.id")]
    after_id: Option<i64>,
    #[model(foreign_key = "parent_id", cascade = "all", order_by = "id")]
    children: Many<Node>,
    #[model(foreign_key = "parent_id")]
    parent: One<Node>,
    #[model(foreign_key = "before_id")]
    before: One<Node>,
    #[model(foreign_key = "after_id", post_update)]
    after: One<Node>,
}

/// Children that refer to their parents by a unique text.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "items")]
struct Item {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20, unique)]
    code: String,
    #[model(foreign_key = "items.code", length = 20)]
    parent_code: Option<String>,
    #[model(order_by = "code")]
    children: Many<Item>,
    parent: One<Item>,
}

/// A person whose balls use `post_update`, and whose favourite does not.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "people")]
struct Person {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(foreign_key = "balls.id")]
    favourite_id: Option<i64>,
    #[model(foreign_key = "person_id", post_update, cascade = "all, delete-orphan", order_by = "name")]
    balls: Many<Ball>,
    #[model(foreign_key = "favourite_id")]
    favourite: One<Ball>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "balls")]
struct Ball {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(foreign_key = "people.id")]
    person_id: Option<i64>,
}

/// A person with a partner and a parent.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "kin")]
struct Kin {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(foreign_key = "kin.id")]
    partner_id: Option<i64>,
    #[model(post_update)]
    partner: One<Kin>,
}

fn left(name: &str) -> Entity<Left> {
    Entity::new(Left { name: name.to_owned(), ..Left::default() })
}

fn right(name: &str) -> Entity<Right> {
    Entity::new(Right { name: name.to_owned(), ..Right::default() })
}

fn node(path: &str) -> Entity<Node> {
    Entity::new(Node { path: path.to_owned(), ..Node::default() })
}

fn item(code: &str) -> Item {
    Item { code: code.to_owned(), ..Item::default() }
}

fn kin(name: &str) -> Kin {
    Kin { name: name.to_owned(), ..Kin::default() }
}

/// The references between lefts and rights, by their names.
async fn circle(db: &Database) -> Result<String, Error> {
    let session = db.session()?;
    let lefts = session.query::<Left>().order_by(Left::NAME).with(Left::RIGHT).all().await?;
    let rights = session.query::<Right>().order_by(Right::NAME).with(Right::LEFT).all().await?;
    let lefts = lefts.iter().map(|it| format!("{}>{}", it.name, one(&it.right, |right| right.name.clone())));
    let rights = rights.iter().map(|it| format!("{}>{}", it.name, one(&it.left, |left| left.name.clone())));
    Ok(lefts.chain(rights).collect::<Vec<_>>().join(" "))
}

/// a has b, d and b have c; and rights without a left.
async fn made(session: &Session) -> Result<(Vec<Entity<Left>>, Vec<Entity<Right>>), Error> {
    let (mut a, c) = (left("a"), left("c"));
    let (mut b, d, e, f) = (right("b"), right("d"), right("e"), right("f"));
    a.edit().rights.push(&b);
    b.edit().lefts.push(&c);
    session.add_all([&a, &c])?;
    session.add_all([&b, &d, &e, &f])?;
    session.commit().await?;
    Ok((vec![a, c], vec![b, d, e, f]))
}

async fn tables_in_a_circle_with_rows_in_none(db: &Database) -> Case {
    let session = db.session()?;
    made(&session).await?;
    same("rows", circle(db).await?, "a>- c>b b>a d>- e>- f>-")
}

async fn tables_in_a_circle_are_deleted(db: &Database) -> Case {
    let session = db.session()?;
    let (lefts, rights) = made(&session).await?;
    for left in &lefts {
        session.delete(left)?;
    }
    for right in &rights {
        session.delete(right)?;
    }
    session.commit().await?;
    same("rows", circle(db).await?, "")
}

async fn tables_in_a_circle_with_children_of_one(db: &Database) -> Case {
    let session = db.session()?;
    let (mut a, mut c) = (left("a"), left("c"));
    let (mut b, d) = (right("b"), right("d"));
    a.edit().rights.push(&b);
    b.edit().lefts.push(&c);
    a.edit().extras.push(Extra::default());
    a.edit().extras.push(Extra::default());
    c.edit().extras.push(Extra::default());
    session.add(&d)?;
    session.add(&a)?;
    session.commit().await?;
    same("rows", circle(db).await?, "a>- c>b b>a d>-")?;
    let extras = select_columns(Extra::LEFT_ID).order_by(Extra::ID);
    let owners = db.session()?.all(&extras).await?;
    same("extras", owners, vec![Some(a.id), Some(a.id), Some(c.id)])?;
    session.delete(&d)?;
    session.delete(&c)?;
    session.commit().await?;
    same("rows", circle(db).await?, "a>- b>a")?;
    let owners = db.session()?.all(&extras).await?;
    same("extras", owners, vec![Some(a.id), Some(a.id), None])
}

async fn both_point_to_one_that_was_there(db: &Database) -> Case {
    let session = db.session()?;
    let (mut l, r) = (left("l"), right("r"));
    l.edit().right.set(&r);
    session.add(&l)?;
    session.flush().await?;
    session.add(Third { left: One::from(&l), right: One::from(&r), ..Third::default() })?;
    session.commit().await?;
    rows(db, "thirds", &select_columns((Third::LEFT_ID, Third::RIGHT_ID)), &format!("[({}, {})]", l.id, r.id)).await
}

async fn both_point_to_new_ones_and_old_ones(db: &Database) -> Case {
    let session = db.session()?;
    let (mut l, r) = (left("l"), right("r"));
    l.edit().right.set(&r);
    session.add(&l)?;
    session.flush().await?;
    let (new_left, new_right) = (session.add(left("m"))?, session.add(right("s"))?);
    session.add(Third { left: One::from(&new_left), right: One::from(&new_right), ..Third::default() })?;
    session.add(Third { left: One::from(&l), right: One::from(&r), ..Third::default() })?;
    session.commit().await?;
    let wanted = format!("[({}, {}), ({}, {})]", l.id, r.id, new_left.id, new_right.id);
    let thirds = select_columns((Third::LEFT_ID, Third::RIGHT_ID)).order_by(Third::LEFT_ID);
    rows(db, "thirds", &thirds, &wanted).await
}

async fn a_row_of_its_own(db: &Database) -> Case {
    let session = db.session()?;
    let root = session.add(node("root"))?;
    session.commit().await?;
    same("parent", root.parent_id, None)?;
    session.delete(&root)?;
    session.commit().await?;
    same("nodes", count::<Node>(db).await?, 0)
}

async fn a_row_that_refers_to_itself(db: &Database) -> Case {
    let session = db.session()?;
    let mut me = kin("me").into();
    session.add(&me)?;
    let this: Entity<Kin> = Entity::clone(&me);
    Entity::edit(&mut me).partner.set(&this);
    session.commit().await?;
    rows(db, "kin", &select_columns((Kin::ID, Kin::PARTNER_ID)), &format!("[({0}, Some({0}))]", me.id)).await
}

async fn a_row_that_refers_to_itself_goes(db: &Database) -> Case {
    let session = db.session()?;
    let mut me = session.add(kin("me"))?;
    session.flush().await?;
    let id = me.id;
    me.edit().partner_id = Some(id);
    session.commit().await?;
    let other = db.session()?;
    let me = other.get_one::<Kin>(id).await?;
    other.delete(&me)?;
    other.commit().await?;
    same("kin", count::<Kin>(db).await?, 0)
}

async fn two_rows_refer_to_each_other_by_post_update(db: &Database) -> Case {
    let session = db.session()?;
    let (mut ed, mut jo) = (session.add(kin("ed"))?, session.add(kin("jo"))?);
    ed.edit().partner.set(&jo);
    jo.edit().partner.set(&ed);
    session.commit().await?;
    let query = select_columns((Kin::NAME, Kin::PARTNER_ID)).order_by(Kin::NAME);
    rows(db, "kin", &query, &format!(r#"[("ed", Some({})), ("jo", Some({}))]"#, jo.id, ed.id)).await?;
    session.delete(&ed)?;
    session.delete(&jo)?;
    session.commit().await?;
    same("kin", count::<Kin>(db).await?, 0)
}

/// A root with these children in a list.
async fn siblings(session: &Session) -> Result<(Entity<Node>, Vec<Entity<Node>>), Error> {
    let mut root = node("root");
    let mut children: Vec<Entity<Node>> = ["about", "cats", "stories", "bruce"].map(node).into();
    for at in 0..children.len() {
        root.edit().children.push(&children[at]);
        if at > 0 {
            let (before, this) = (children[at - 1].clone(), children[at].clone());
            children[at - 1].edit().after.set(&this);
            children[at].edit().before.set(&before);
        }
    }
    session.add(&root)?;
    session.commit().await?;
    Ok((root, children))
}

/// Each child with its neighbours in the list, by their paths.
async fn list(db: &Database) -> Result<String, Error> {
    let session = db.session()?;
    let query = session.query::<Node>().filter(Node::PATH.ne("root")).order_by(Node::ID);
    let found = query.with(Node::BEFORE).with(Node::AFTER).all().await?;
    let path = |one: &One<Node>| crate::case::one(one, |node| node.path.clone());
    Ok(found
        .iter()
        .map(|it| format!("{}<{}<{}", path(&it.before), it.path, path(&it.after)))
        .collect::<Vec<_>>()
        .join(" "))
}

async fn siblings_in_a_list(db: &Database) -> Case {
    let session = db.session()?;
    siblings(&session).await?;
    same("list", list(db).await?, "-<about<cats about<cats<stories cats<stories<bruce stories<bruce<-")
}

async fn a_sibling_leaves_the_list(db: &Database) -> Case {
    let session = db.session()?;
    let (_root, mut children) = siblings(&session).await?;
    let (mut about, cats, mut stories) = (children[0].clone(), children[1].clone(), children[2].clone());
    children[1].edit().parent.clear();
    stories.edit().before.set(&about);
    about.edit().after.set(&stories);
    session.delete(&cats)?;
    session.commit().await?;
    same("list", list(db).await?, "-<about<stories about<stories<bruce stories<bruce<-")
}

async fn a_list_of_siblings_goes(db: &Database) -> Case {
    let session = db.session()?;
    let (root, _children) = siblings(&session).await?;
    session.delete(&root)?;
    session.commit().await?;
    same("nodes", count::<Node>(db).await?, 0)?;
    let (root, _children) = siblings(&session).await?;
    let other = db.session()?;
    let root = other.get_one::<Node>(root.id).await?;
    other.delete(&root)?;
    same("unloaded", kind(&other.commit().await), "ok")?;
    same("nodes", count::<Node>(db).await?, 0)
}

async fn a_post_update_of_rows_that_are_there(db: &Database) -> Case {
    let session = db.session()?;
    let (mut ed, jo) = (session.add(kin("ed"))?, session.add(kin("jo"))?);
    session.commit().await?;
    ed.edit().partner.set(&jo);
    ed.edit().name = "eddy".to_owned();
    session.commit().await?;
    let query = select_columns((Kin::NAME, Kin::PARTNER_ID)).order_by(Kin::NAME);
    rows(db, "kin", &query, &format!(r#"[("eddy", Some({})), ("jo", None)]"#, jo.id)).await?;
    // A new partner replaces the old one.
    ed.edit().partner.set(kin("al"));
    session.commit().await?;
    same("partner", ed.partner_id > Some(jo.id), true)
}

async fn a_post_update_is_cleared(db: &Database) -> Case {
    let session = db.session()?;
    let (mut ed, jo) = (session.add(kin("ed"))?, session.add(kin("jo"))?);
    ed.edit().partner.set(&jo);
    session.commit().await?;
    ed.edit().partner.clear();
    session.delete(&jo)?;
    session.commit().await?;
    rows(db, "kin", &select_columns((Kin::NAME, Kin::PARTNER_ID)), r#"[("ed", None)]"#).await
}

async fn a_post_update_of_an_unloaded_one_is_cleared(db: &Database) -> Case {
    let session = db.session()?;
    let (mut ed, jo) = (session.add(kin("ed"))?, session.add(kin("jo"))?);
    ed.edit().partner.set(&jo);
    session.commit().await?;
    let other = db.session()?;
    let mut ed = other.get_one::<Kin>(ed.id).await?;
    ed.edit().partner.clear();
    other.commit().await?;
    rows(db, "kin", &select_columns(Kin::PARTNER_ID), "[None, None]").await
}

async fn a_parent_by_another_column_than_the_key(db: &Database) -> Case {
    let session = db.session()?;
    let x = session.add(Item { parent: One::from(item("top")), ..item("x") })?;
    session.commit().await?;
    same("key", x.parent_code.as_deref(), Some("top"))?;
    let other = db.session()?;
    let x = other.get_one::<Item>(x.id).await?;
    other.load(std::slice::from_ref(&x), Item::PARENT).await?;
    same("loaded", one(&x.parent, |parent| parent.code.clone()), "top")
}

async fn an_unloaded_parent_with_children_of_a_unique_column(db: &Database) -> Case {
    let session = db.session()?;
    let top = session.add(Item { children: Many::from([item("x"), item("y")]), ..item("top") })?;
    session.commit().await?;
    let other = db.session()?;
    let top = other.get_one::<Item>(top.id).await?;
    other.delete(&top)?;
    other.commit().await?;
    let query = select_columns((Item::CODE, Item::PARENT_CODE)).order_by(Item::CODE);
    rows(db, "items", &query, r#"[("x", None), ("y", None)]"#).await
}

async fn children_stay_without_their_parent(db: &Database) -> Case {
    let session = db.session()?;
    let top = session.add(Item { children: Many::from([item("x")]), ..item("top") })?;
    session.commit().await?;
    let x = top.children.get()?[0].clone();
    session.delete(&top)?;
    session.flush().await?;
    same("key", x.parent_code.clone(), None)?;
    session.commit().await?;
    same("parent", one(&x.parent, |parent| parent.code.clone()), "-")
}

/// Each node with its parent.
async fn tree(db: &Database) -> Result<String, Error> {
    let session = db.session()?;
    let found = session.query::<Node>().order_by(Node::PATH).with(Node::PARENT).all().await?;
    Ok(found
        .iter()
        .map(|it| format!("{}<{}", one(&it.parent, |node| node.path.clone()), it.path))
        .collect::<Vec<_>>()
        .join(" "))
}

/// a, b and c, each the parent of the next.
async fn chain(session: &Session) -> Result<[Entity<Node>; 3], Error> {
    let [a, mut b, mut c] = ["a", "b", "c"].map(node);
    c.edit().parent.set(&b);
    b.edit().parent.set(&a);
    session.add(&c)?;
    session.commit().await?;
    Ok([a, b, c])
}

async fn a_chain_of_parents_is_written(db: &Database) -> Case {
    let session = db.session()?;
    let [a, b, c] = chain(&session).await?;
    same("tree", tree(db).await?, "-<a a<b b<c")?;
    same("keys", a.id < b.id && b.id < c.id, true)
}

async fn a_chain_is_turned_around(db: &Database) -> Case {
    let session = db.session()?;
    let [mut a, mut b, mut c] = chain(&session).await?;
    c.edit().parent.clear();
    b.edit().parent.set(&c);
    a.edit().parent.set(&b);
    session.commit().await?;
    same("tree", tree(db).await?, "b<a c<b -<c")?;
    let path = |node: &Node| node.path.clone();
    same("children", (each(&b.children, path), each(&c.children, path)), ("a".to_owned(), "b".to_owned()))
}

async fn a_new_row_between_two_old_ones(db: &Database) -> Case {
    let session = db.session()?;
    let [a, mut b, _c] = chain(&session).await?;
    let mut between = node("ab");
    between.edit().parent.set(&a);
    b.edit().parent.set(&between);
    session.commit().await?;
    same("tree", tree(db).await?, "-<a a<ab ab<b b<c")
}

async fn an_old_root_gets_a_new_root(db: &Database) -> Case {
    let session = db.session()?;
    let [a, _b, _c] = chain(&session).await?;
    session.add(Node { path: "0".to_owned(), children: Many::from([&a]), ..Node::default() })?;
    session.commit().await?;
    same("tree", tree(db).await?, "-<0 0<a a<b b<c")
}

async fn many_to_one_alone_in_a_later_flush(db: &Database) -> Case {
    let session = db.session()?;
    let root = session.add(node("root"))?;
    session.commit().await?;
    let other = db.session()?;
    let root = other.get_one::<Node>(root.id).await?;
    let child = other.add(Node { path: "x".to_owned(), parent: One::from(&root), ..Node::default() })?;
    other.commit().await?;
    same("key", child.parent_id, Some(root.id))
}

async fn delete_a_child_and_its_parent_stays(db: &Database) -> Case {
    let session = db.session()?;
    let [_a, b, c] = chain(&session).await?;
    session.delete(&c)?;
    session.commit().await?;
    same("tree", tree(db).await?, "-<a a<b")?;
    same("children", each(&b.children, |node| node.path.clone()), "")
}
