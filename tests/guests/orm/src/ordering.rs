//! The order of inserts, as the generated keys show it: `test_unitofwork.py` and `test_unitofworkv2.py`, and the order in
//! which SQLAlchemy's `add` and `append` cascade.

use sqlservice_sdk::{entity::Record, prelude::*};

use crate::case::{Case, cases, rows, same};

cases! { [Tree, Branch, Leaf, Tag, LeafTag, Bud, Person]:
    grandchildren_in_the_order_of_their_parents, pushes_and_adds_take_turns, pushed_to_owners_that_are_there,
    pushed_then_added_by_name, shapes_take_turns, given_keys_between, an_owner_comes_through_its_child,
    siblings_of_one_table, both_ends_of_pairs, a_list_in_another_order, added_again_after_a_rollback,
    saved_and_merged_in_their_order, in_a_savepoint, deep_chains_in_order, ones_take_turns_with_lists,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "trees")]
struct Tree {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(order_by = "id")]
    branches: Many<Branch>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "branches")]
struct Branch {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(foreign_key = "trees.id")]
    tree_id: Option<i64>,
    tree: One<Tree>,
    #[model(order_by = "id")]
    leaves: Many<Leaf>,
    bud: One<Bud>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "leaves")]
struct Leaf {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(foreign_key = "branches.id")]
    branch_id: Option<i64>,
    #[model(length = 20, default = "green")]
    colour: Option<String>,
    branch: One<Branch>,
    #[model(through = LeafTag)]
    tags: Many<Tag>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "buds")]
struct Bud {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "branches.id", unique)]
    branch_id: Option<i64>,
    #[model(length = 20)]
    name: String,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "tags")]
struct Tag {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "leaf_tags")]
struct LeafTag {
    #[model(primary_key, foreign_key = "leaves.id")]
    leaf_id: i64,
    #[model(primary_key, foreign_key = "tags.id")]
    tag_id: i64,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "people")]
struct Person {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(foreign_key = "people.id")]
    parent_id: Option<i64>,
    #[model(foreign_key = "parent_id", order_by = "id")]
    children: Many<Person>,
}

fn tree(name: &str, branches: Vec<Branch>) -> Tree {
    Tree { name: name.to_owned(), branches: branches.into(), ..Tree::default() }
}

fn branch(name: &str, leaves: &[&str]) -> Branch {
    Branch { name: name.to_owned(), leaves: leaves.iter().map(|name| leaf(name)).collect(), ..Branch::default() }
}

fn leaf(name: &str) -> Leaf {
    Leaf { name: name.to_owned(), ..Leaf::default() }
}

fn tag(name: &str) -> Tag {
    Tag { name: name.to_owned(), ..Tag::default() }
}

fn person(name: &str, children: Vec<Person>) -> Person {
    Person { name: name.to_owned(), children: children.into(), ..Person::default() }
}

/// The names of rows, ordered by their keys.
async fn in_order<M: Record>(
    db: &Database,
    what: &str,
    key: sqlservice_sdk::Column<M, i64>,
    name: sqlservice_sdk::Column<M, String>,
    wanted: &str,
) -> Case {
    let names = db.session()?.all(&select_columns(name).order_by(key)).await?;
    same(what, names.join(" "), wanted)
}

async fn leaves(db: &Database, wanted: &str) -> Case {
    in_order(db, "leaves", Leaf::ID, Leaf::NAME, wanted).await
}

async fn grandchildren_in_the_order_of_their_parents(db: &Database) -> Case {
    let session = db.session()?;
    session.add(tree("t1", vec![branch("b1", &["l1", "l2"]), branch("b2", &["l3"]), branch("b3", &["l4", "l5"])]))?;
    session.add(tree("t2", vec![branch("b4", &["l6"]), branch("b5", &["l7", "l8"])]))?;
    session.commit().await?;
    in_order(db, "branches", Branch::ID, Branch::NAME, "b1 b2 b3 b4 b5").await?;
    leaves(db, "l1 l2 l3 l4 l5 l6 l7 l8").await
}

async fn pushes_and_adds_take_turns(db: &Database) -> Case {
    let session = db.session()?;
    let mut owner = session.add(branch("b", &["l1"]))?;
    session.add(leaf("l2"))?;
    owner.edit().leaves.push(leaf("l3"));
    session.add(leaf("l4"))?;
    owner.edit().leaves.push(leaf("l5"));
    session.commit().await?;
    leaves(db, "l1 l2 l3 l4 l5").await
}

async fn pushed_to_owners_that_are_there(db: &Database) -> Case {
    let session = db.session()?;
    let mut first = session.add(branch("b1", &[]))?;
    let mut second = session.add(branch("b2", &[]))?;
    session.commit().await?;
    second.edit().leaves.push(leaf("l1"));
    first.edit().leaves.push(leaf("l2"));
    session.add(leaf("l3"))?;
    second.edit().leaves.push(leaf("l4"));
    first.edit().leaves.set([leaf("l5"), leaf("l6")]);
    session.commit().await?;
    leaves(db, "l1 l3 l4 l5 l6").await?;
    // Neither the lists nor the leaves are loaded.
    let session = db.session()?;
    let (mut first, mut second) = (session.get_one::<Branch>(1).await?, session.get_one::<Branch>(2).await?);
    second.edit().leaves.push(leaf("l7"));
    first.edit().leaves.push(leaf("l8"));
    session.commit().await?;
    leaves(db, "l1 l3 l4 l5 l6 l7 l8").await
}

async fn pushed_then_added_by_name(db: &Database) -> Case {
    let session = db.session()?;
    let (one, two) = (Entity::new(leaf("l1")), Entity::new(leaf("l2")));
    let owner = Branch { leaves: Many::from([&one, &two]), ..branch("b", &[]) };
    session.add(&two)?;
    session.add(owner)?;
    session.add(&one)?;
    session.commit().await?;
    leaves(db, "l2 l1").await
}

async fn shapes_take_turns(db: &Database) -> Case {
    let session = db.session()?;
    let coloured = |name: &str| Leaf { colour: Some("red".to_owned()), ..leaf(name) };
    session.add_all([
        leaf("l1"),
        coloured("l2"),
        leaf("l3"),
        leaf("l4"),
        coloured("l5"),
        coloured("l6"),
        leaf("l7"),
    ])?;
    session.commit().await?;
    leaves(db, "l1 l2 l3 l4 l5 l6 l7").await?;
    let colours = select_columns(Leaf::COLOUR.not_null()).order_by(Leaf::ID);
    let wanted = r#"["green", "red", "green", "green", "red", "red", "green"]"#;
    rows(db, "colours", &colours, wanted).await
}

async fn given_keys_between(db: &Database) -> Case {
    let session = db.session()?;
    let all = [leaf("l1"), Leaf { id: 500, ..leaf("l3") }, leaf("l2")];
    let all = session.add_all(all)?;
    session.commit().await?;
    same("made", all[0].id < all[2].id, true)?;
    same("given", all[1].id, 500)
}

async fn an_owner_comes_through_its_child(db: &Database) -> Case {
    let session = db.session()?;
    let of = |name: &str, owner: &str| Leaf { branch: One::from(branch(owner, &[])), ..leaf(name) };
    session.add_all([of("l1", "b1"), of("l2", "b2"), of("l3", "b3")])?;
    session.add(branch("b4", &["l4"]))?;
    session.commit().await?;
    in_order(db, "branches", Branch::ID, Branch::NAME, "b1 b2 b3 b4").await?;
    leaves(db, "l1 l2 l3 l4").await
}

async fn siblings_of_one_table(db: &Database) -> Case {
    let session = db.session()?;
    let first = vec![
        person("a1", vec![person("a11", vec![]), person("a12", vec![])]),
        person("a2", vec![person("a21", vec![])]),
    ];
    session.add(person("a", first))?;
    session.add(person("b", vec![person("b1", vec![])]))?;
    session.commit().await?;
    // Level by level, as parents' keys are needed, and in order on each level.
    in_order(db, "people", Person::ID, Person::NAME, "a b a1 a2 b1 a11 a12 a21").await
}

async fn both_ends_of_pairs(db: &Database) -> Case {
    let session = db.session()?;
    let shared = Entity::new(tag("t1"));
    let with = |name: &str, tags: Vec<Entity<Tag>>| Leaf { tags: tags.into(), ..leaf(name) };
    let new = |name: &str| Entity::new(tag(name));
    session.add(with("l1", vec![shared.clone(), new("t2")]))?;
    session.add(with("l2", vec![new("t3"), shared, new("t4")]))?;
    session.commit().await?;
    in_order(db, "tags", Tag::ID, Tag::NAME, "t1 t2 t3 t4").await?;
    leaves(db, "l1 l2").await
}

async fn a_list_in_another_order(db: &Database) -> Case {
    let session = db.session()?;
    let (one, two, three) = (Entity::new(leaf("l1")), Entity::new(leaf("l2")), Entity::new(leaf("l3")));
    let mut owner = Entity::new(Branch { leaves: Many::from([&one, &two, &three]), ..branch("b", &[]) });
    owner.edit().leaves.set([&three, &one]);
    owner.edit().leaves.push(&two);
    session.add(&owner)?;
    session.commit().await?;
    leaves(db, "l3 l1 l2").await
}

async fn added_again_after_a_rollback(db: &Database) -> Case {
    let session = db.session()?;
    let all = session.add_all([branch("b1", &["l1", "l2"]), branch("b2", &["l3"])])?;
    session.flush().await?;
    session.rollback().await?;
    session.add(leaf("l0"))?;
    session.add_all([&all[1], &all[0]])?;
    session.commit().await?;
    in_order(db, "branches", Branch::ID, Branch::NAME, "b2 b1").await?;
    leaves(db, "l0 l3 l1 l2").await
}

async fn saved_and_merged_in_their_order(db: &Database) -> Case {
    let session = db.session()?;
    session.save_all([branch("b1", &["l1", "l2"]), branch("b2", &["l3"])]).await?;
    session.merge(branch("b3", &["l4", "l5"])).await?;
    session.add(leaf("l6"))?;
    session.commit().await?;
    in_order(db, "branches", Branch::ID, Branch::NAME, "b1 b2 b3").await?;
    leaves(db, "l1 l2 l3 l4 l5 l6").await
}

async fn in_a_savepoint(db: &Database) -> Case {
    let session = db.session()?;
    let mut owner = session.add(branch("b", &["l1"]))?;
    let undone = session.nested(async |session| {
        session.add(leaf("l2"))?;
        session.flush().await?;
        Err::<(), Error>(Error::other("no"))
    });
    same("undone", undone.await.is_err(), true)?;
    owner.edit().leaves.push(leaf("l3"));
    session.nested(async |session| session.add(branch("c", &["l4"])).map(drop)).await?;
    session.commit().await?;
    leaves(db, "l1 l3 l4").await
}

/// A chain too long for a recursive traversal on the stack.
async fn deep_chains_in_order(db: &Database) -> Case {
    let session = db.session()?;
    let mut chain = Entity::new(person("p2000", vec![]));
    for at in (1..2_000).rev() {
        let below = Many::from([chain]);
        chain = Entity::new(Person { name: format!("p{at}"), children: below, ..Person::default() });
    }
    session.add(chain)?;
    session.add(person("last", vec![]))?;
    session.flush().await?;
    let found = session.all(&select_columns((Person::ID, Person::PARENT_ID)).order_by(Person::NAME)).await?;
    session.rollback().await?;
    same("rows", found.len(), 2_001)
}

async fn ones_take_turns_with_lists(db: &Database) -> Case {
    let session = db.session()?;
    let bud = |name: &str| Bud { name: name.to_owned(), ..Bud::default() };
    let with = |name: &str, leaves: &[&str], of: &str| Branch { bud: One::from(bud(of)), ..branch(name, leaves) };
    session.add(tree("t", vec![with("b1", &["l1"], "d1"), with("b2", &["l2", "l3"], "d2")]))?;
    session.add(bud("d3"))?;
    let of_tree = Branch { tree: One::from(tree("t2", vec![branch("b4", &[])])), ..branch("b3", &["l4"]) };
    session.add(of_tree)?;
    session.commit().await?;
    in_order(db, "buds", Bud::ID, Bud::NAME, "d1 d2 d3").await?;
    in_order(db, "branches", Branch::ID, Branch::NAME, "b1 b2 b3 b4").await?;
    leaves(db, "l1 l2 l3 l4").await
}
