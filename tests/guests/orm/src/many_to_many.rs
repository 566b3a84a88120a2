//! `test_manytomany.py`, `test_association.py`, and the many-to-many parts of `test_cascade.py`, `test_unitofwork.py` and
//! `test_backref_mutations.py`. It is long: a function a case.

mod after;
mod object;
mod stale;

use sqlservice_sdk::prelude::*;

use self::after::{a_pair_after_the_delete_of_its_owner, a_pair_before_the_delete_of_its_owner};
use self::object::{
    pairs_as_objects_are_changed, pairs_as_objects_are_inserted, pairs_as_objects_are_replaced,
    pairs_as_objects_are_replaced_by_equal_ones, pairs_as_objects_go_with_their_owner, pairs_as_objects_move,
};
use self::stale::{
    a_pair_removed_on_both_sides_is_no_stale_one, a_pair_that_a_statement_took_is_stale, a_pair_that_is_gone_is_stale,
    an_owner_whose_pair_is_gone_is_stale, one_of_several_pairs_is_stale,
};
use crate::case::{Case, cases, count, each, kind, rows, same};

cases! { [Place, Road, Transition, Incoming, Outgoing, Shelf, Book, BookOnShelf, Chapter, Part, Word, Use]:
    a_graph_of_one_table, both_directions_of_one_table, places_and_transitions, removed_from_both_sides,
    added_on_both_sides, moved_from_one_to_another, added_and_removed_before_a_flush, removed_and_added_before_a_flush,
    a_set_with_the_same, a_set_with_none, a_pair_that_is_there_already,
    an_owner_goes_with_its_pairs, an_owner_goes_unloaded, the_other_side_goes, both_sides_go, everything_goes,
    an_orphan_of_a_pair_goes, an_orphan_of_a_pair_takes_its_own, an_owner_takes_what_it_has,
    pairs_as_objects_are_inserted, pairs_as_objects_are_replaced, pairs_as_objects_are_replaced_by_equal_ones,
    pairs_as_objects_are_changed, pairs_as_objects_go_with_their_owner, pairs_as_objects_move,
    pending_on_both_sides, pushed_to_an_unloaded_list, removed_from_an_unloaded_list, pairs_come_back_with_a_rollback,
    pairs_come_back_with_a_savepoint, an_unwritten_owner_with_old_ones, the_same_object_twice_is_one_pair,
    other_side_is_told_when_loaded, removed_and_the_other_side_deleted, loaded_in_the_order_of_the_relationship,
    a_pair_after_the_delete_of_its_owner, a_pair_before_the_delete_of_its_owner,
    a_pair_that_is_gone_is_stale, one_of_several_pairs_is_stale, an_owner_whose_pair_is_gone_is_stale,
    a_pair_that_a_statement_took_is_stale, a_pair_removed_on_both_sides_is_no_stale_one,
}

/// A graph over one table, with a relationship from each end.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "places")]
struct Place {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(through = Road, foreign_key = "from_id", order_by = "name")]
    to: Many<Place>,
    #[model(through = Road, foreign_key = "to_id", order_by = "name")]
    from: Many<Place>,
    #[model(through = Outgoing, order_by = "name")]
    outputs: Many<Transition>,
    #[model(through = Incoming, order_by = "name")]
    inputs: Many<Transition>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "roads")]
struct Road {
    #[model(primary_key, foreign_key = "places.id")]
    from_id: i64,
    #[model(primary_key, foreign_key = "places.id")]
    to_id: i64,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "transitions")]
struct Transition {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(through = Incoming, order_by = "name")]
    inputs: Many<Place>,
    #[model(through = Outgoing, order_by = "name")]
    outputs: Many<Place>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "incoming")]
struct Incoming {
    #[model(primary_key, foreign_key = "places.id")]
    place_id: i64,
    #[model(primary_key, foreign_key = "transitions.id")]
    transition_id: i64,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "outgoing")]
struct Outgoing {
    #[model(primary_key, foreign_key = "places.id")]
    place_id: i64,
    #[model(primary_key, foreign_key = "transitions.id")]
    transition_id: i64,
}

/// A shelf whose books are orphans without one.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "shelves")]
struct Shelf {
    #[model(primary_key, generated)]
    id: i64,
    #[model(through = BookOnShelf, cascade = "all, delete-orphan", order_by = "name")]
    books: Many<Book>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "books")]
struct Book {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(cascade = "all, delete-orphan")]
    chapters: Many<Chapter>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "books_on_shelves")]
struct BookOnShelf {
    #[model(primary_key, foreign_key = "shelves.id")]
    shelf_id: i64,
    #[model(primary_key, foreign_key = "books.id")]
    book_id: i64,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "chapters")]
struct Chapter {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "books.id")]
    book_id: Option<i64>,
}

/// A part whose secondary rows have columns of their own, so they are objects.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "parts")]
struct Part {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(cascade = "all, delete-orphan", order_by = "word_id")]
    uses: Many<Use>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "words")]
struct Word {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "uses")]
struct Use {
    #[model(primary_key, foreign_key = "parts.id")]
    part_id: i64,
    #[model(primary_key, foreign_key = "words.id")]
    word_id: i64,
    #[model(length = 20)]
    data: String,
    part: One<Part>,
    word: One<Word>,
}

fn place(name: &str) -> Entity<Place> {
    Entity::new(Place { name: name.to_owned(), ..Place::default() })
}

fn transition(name: &str) -> Entity<Transition> {
    Entity::new(Transition { name: name.to_owned(), ..Transition::default() })
}

fn book(name: &str) -> Book {
    Book { name: name.to_owned(), chapters: Many::from([Chapter::default()]), ..Book::default() }
}

fn places(many: &Many<Place>) -> String {
    each(many, |place| place.name.clone())
}

fn transitions(many: &Many<Transition>) -> String {
    each(many, |transition| transition.name.clone())
}

/// The roads by the names of their ends.
async fn roads(db: &Database) -> Result<String, Error> {
    let (from, to) = (alias::<Place>("start"), alias::<Place>("goal"));
    let query = select_columns((Place::NAME.of(from), Place::NAME.of(to)))
        .from::<Road>()
        .join_alias(from, Place::ID.of(from).eq(Road::FROM_ID))
        .join_alias(to, Place::ID.of(to).eq(Road::TO_ID))
        .order_by((Place::NAME.of(from), Place::NAME.of(to)));
    let found = db.session()?.all(&query).await?;
    Ok(found.into_iter().map(|(from, to)| format!("{from}{to}")).collect::<Vec<_>>().join(" "))
}

/// The outgoing pairs, by the names of places and transitions.
async fn pairs(db: &Database) -> Result<String, Error> {
    let query = select_columns((Place::NAME, Transition::NAME))
        .from::<Outgoing>()
        .join::<Place>(Place::ID.eq(Outgoing::PLACE_ID))
        .join::<Transition>(Transition::ID.eq(Outgoing::TRANSITION_ID))
        .order_by((Place::NAME, Transition::NAME));
    let found = db.session()?.all(&query).await?;
    Ok(found.into_iter().map(|(place, transition)| format!("{place}{transition}")).collect::<Vec<_>>().join(" "))
}

/// Place p with transitions t and u, and place q with u.
async fn net(session: &Session) -> Result<([Entity<Place>; 2], [Entity<Transition>; 2]), Error> {
    let (mut p, mut q, t, u) = (place("p"), place("q"), transition("t"), transition("u"));
    p.edit().outputs.set([&t, &u]);
    q.edit().outputs.push(&u);
    session.add_all([&p, &q])?;
    session.commit().await?;
    Ok(([p, q], [t, u]))
}

async fn a_graph_of_one_table(db: &Database) -> Case {
    let session = db.session()?;
    let mut all: Vec<Entity<Place>> = (1..8).map(|number| place(&number.to_string())).collect();
    session.add_all(all.iter())?;
    for (from, to) in [(1, 2), (1, 3), (2, 5), (3, 2), (5, 6), (6, 7), (7, 7)] {
        let goal = all[to - 1].clone();
        all[from - 1].edit().to.push(goal);
    }
    session.commit().await?;
    same("roads", roads(db).await?, "12 13 25 32 56 67 77")?;
    let found = db.session()?;
    let two = found.query::<Place>().filter(Place::NAME.eq("2")).with(Place::TO).with(Place::FROM).one().await?;
    same("loaded", (places(&two.to), places(&two.from)), ("5".to_owned(), "1 3".to_owned()))?;
    let seventh = all[6].clone();
    all[6].edit().to.remove(&seventh);
    session.commit().await?;
    same("roads", roads(db).await?, "12 13 25 32 56 67")
}

async fn both_directions_of_one_table(db: &Database) -> Case {
    let session = db.session()?;
    let (mut a, mut b) = (place("a"), place("b"));
    session.add_all([&a, &b])?;
    a.edit().to.push(&b);
    session.commit().await?;
    same("told", (places(&b.from), places(&a.from)), ("a".to_owned(), String::new()))?;
    b.edit().from.remove(&a);
    b.edit().to.push(&a);
    session.commit().await?;
    same("roads", roads(db).await?, "ba")?;
    same("told", (places(&a.to), places(&a.from)), (String::new(), "b".to_owned()))
}

async fn places_and_transitions(db: &Database) -> Case {
    let session = db.session()?;
    let (mut t, p, q, r) = (transition("t"), place("p"), place("q"), place("r"));
    t.edit().inputs.set([&p, &q]);
    t.edit().outputs.push(&r);
    session.add(&t)?;
    session.commit().await?;
    same("rows", (count::<Incoming>(db).await?, count::<Outgoing>(db).await?), (2, 1))?;
    same(
        "told",
        (transitions(&p.inputs), transitions(&p.outputs), transitions(&r.outputs)),
        ("t".to_owned(), String::new(), "t".to_owned()),
    )?;
    let other = db.session()?;
    let t = other
        .query::<Transition>()
        .with(Transition::INPUTS.with(Place::INPUTS))
        .with(Transition::OUTPUTS)
        .one()
        .await?;
    same("loaded", (places(&t.inputs), places(&t.outputs)), ("p q".to_owned(), "r".to_owned()))?;
    same("back", transitions(&t.inputs.get()?[0].inputs), "t")
}

async fn removed_from_both_sides(db: &Database) -> Case {
    let session = db.session()?;
    let ([mut p, _q], [mut t, _u]) = net(&session).await?;
    p.edit().outputs.remove(&t);
    t.edit().outputs.remove(&p);
    session.commit().await?;
    same("pairs", pairs(db).await?, "pu qu")
}

async fn added_on_both_sides(db: &Database) -> Case {
    let session = db.session()?;
    let ([_p, mut q], [mut t, _u]) = net(&session).await?;
    q.edit().outputs.push(&t);
    t.edit().outputs.push(&q);
    session.commit().await?;
    same("pairs", pairs(db).await?, "pt pu qt qu")?;
    same("told", (transitions(&q.outputs), places(&t.outputs)), ("u t".to_owned(), "p q".to_owned()))
}

async fn moved_from_one_to_another(db: &Database) -> Case {
    let session = db.session()?;
    let ([mut p, mut q], [t, _u]) = net(&session).await?;
    p.edit().outputs.remove(&t);
    q.edit().outputs.push(&t);
    session.commit().await?;
    same("pairs", pairs(db).await?, "pu qt qu")?;
    same("told", places(&t.outputs), "q")
}

async fn added_and_removed_before_a_flush(db: &Database) -> Case {
    let session = db.session()?;
    let ([mut p, _q], _) = net(&session).await?;
    let x = transition("x");
    p.edit().outputs.push(&x);
    p.edit().outputs.remove(&x);
    session.commit().await?;
    same("pairs", pairs(db).await?, "pt pu qu")
}

async fn removed_and_added_before_a_flush(db: &Database) -> Case {
    let session = db.session()?;
    let ([mut p, _q], [t, _u]) = net(&session).await?;
    p.edit().outputs.remove(&t);
    p.edit().outputs.push(&t);
    session.commit().await?;
    same("pairs", pairs(db).await?, "pt pu qu")
}

async fn a_set_with_the_same(db: &Database) -> Case {
    let session = db.session()?;
    let ([mut p, _q], [t, u]) = net(&session).await?;
    p.edit().outputs.set([&u, &t]);
    session.commit().await?;
    same("pairs", pairs(db).await?, "pt pu qu")
}

async fn a_set_with_none(db: &Database) -> Case {
    let session = db.session()?;
    let ([mut p, _q], [t, _u]) = net(&session).await?;
    p.edit().outputs.set(Vec::<Entity<Transition>>::new());
    session.commit().await?;
    same("pairs", pairs(db).await?, "qu")?;
    same("told", places(&t.outputs), "")?;
    same("transitions", count::<Transition>(db).await?, 2)
}

async fn a_pair_that_is_there_already(db: &Database) -> Case {
    let session = db.session()?;
    let ([_p, mut q], [t, _u]) = net(&session).await?;
    let row = Outgoing { place_id: q.id, transition_id: t.id };
    db.transaction(async |session| session.insert_many(std::slice::from_ref(&row)).await).await?;
    q.edit().outputs.push(&t);
    same("unique", kind(&session.commit().await), "unique")?;
    session.rollback().await?;
    same("back", transitions(&q.outputs), "u")
}

async fn an_owner_goes_with_its_pairs(db: &Database) -> Case {
    let session = db.session()?;
    let ([p, _q], [t, _u]) = net(&session).await?;
    session.delete(&p)?;
    session.commit().await?;
    same("pairs", pairs(db).await?, "qu")?;
    same("told", places(&t.outputs), "")?;
    same("transitions", count::<Transition>(db).await?, 2)
}

async fn an_owner_goes_unloaded(db: &Database) -> Case {
    let session = db.session()?;
    let ([p, _q], _) = net(&session).await?;
    let other = db.session()?;
    let p = other.get_one::<Place>(p.id).await?;
    other.delete(&p)?;
    other.commit().await?;
    same("pairs", pairs(db).await?, "qu")
}

async fn the_other_side_goes(db: &Database) -> Case {
    let session = db.session()?;
    let ([p, q], [_t, u]) = net(&session).await?;
    session.delete(&u)?;
    session.commit().await?;
    same("pairs", pairs(db).await?, "pt")?;
    same("told", (transitions(&p.outputs), transitions(&q.outputs)), ("t".to_owned(), String::new()))
}

async fn both_sides_go(db: &Database) -> Case {
    let session = db.session()?;
    let ([p, _q], [_t, u]) = net(&session).await?;
    session.delete(&p)?;
    session.delete(&u)?;
    session.commit().await?;
    same("pairs", pairs(db).await?, "")?;
    same("left", (count::<Place>(db).await?, count::<Transition>(db).await?), (1, 1))
}

async fn everything_goes(db: &Database) -> Case {
    let session = db.session()?;
    let (all, others) = net(&session).await?;
    for place in &all {
        session.delete(place)?;
    }
    for transition in &others {
        session.delete(transition)?;
    }
    session.commit().await?;
    same("left", (count::<Place>(db).await?, count::<Transition>(db).await?), (0, 0))
}

async fn an_orphan_of_a_pair_goes(db: &Database) -> Case {
    let session = db.session()?;
    let mut shelf = session.add(Shelf { books: Many::from([book("a"), book("b")]), ..Shelf::default() })?;
    session.commit().await?;
    let a = shelf.books.get()?[0].clone();
    shelf.edit().books.remove(&a);
    session.commit().await?;
    rows(db, "books", &select_columns(Book::NAME), r#"["b"]"#).await?;
    same("pairs", count::<BookOnShelf>(db).await?, 1)
}

async fn an_orphan_of_a_pair_takes_its_own(db: &Database) -> Case {
    let session = db.session()?;
    let shelf = session.add(Shelf { books: Many::from([book("a"), book("b")]), ..Shelf::default() })?;
    session.commit().await?;
    let other = db.session()?;
    let mut shelf = other.query::<Shelf>().with(Shelf::BOOKS).get(shelf.id).await?.ok_or("no shelf")?;
    let a = shelf.books.get()?[0].clone();
    shelf.edit().books.remove(&a);
    other.commit().await?;
    same("left", (count::<Book>(db).await?, count::<Chapter>(db).await?), (1, 1))
}

async fn an_owner_takes_what_it_has(db: &Database) -> Case {
    let session = db.session()?;
    let shelf = session.add(Shelf { books: Many::from([book("a"), book("b")]), ..Shelf::default() })?;
    session.commit().await?;
    let other = db.session()?;
    let shelf = other.get_one::<Shelf>(shelf.id).await?;
    other.delete(&shelf)?;
    other.commit().await?;
    same("left", (count::<Book>(db).await?, count::<BookOnShelf>(db).await?, count::<Chapter>(db).await?), (0, 0, 0))
}

async fn pending_on_both_sides(db: &Database) -> Case {
    let session = db.session()?;
    let (mut p, mut t) = (place("p"), transition("t"));
    p.edit().outputs.push(&t);
    t.edit().outputs.push(&p);
    session.add(&t)?;
    session.commit().await?;
    same("pairs", pairs(db).await?, "pt")
}

async fn pushed_to_an_unloaded_list(db: &Database) -> Case {
    let session = db.session()?;
    let ([p, _q], _) = net(&session).await?;
    let other = db.session()?;
    let mut p = other.get_one::<Place>(p.id).await?;
    p.edit().outputs.push(transition("x"));
    other.flush().await?;
    same("unloaded", transitions(&p.outputs), "unloaded outputs")?;
    other.load(std::slice::from_ref(&p), Place::OUTPUTS).await?;
    same("loaded", transitions(&p.outputs), "t u x")?;
    other.commit().await?;
    same("pairs", pairs(db).await?, "pt pu px qu")
}

async fn removed_from_an_unloaded_list(db: &Database) -> Case {
    let session = db.session()?;
    let ([p, _q], [t, _u]) = net(&session).await?;
    let other = db.session()?;
    let mut p = other.get_one::<Place>(p.id).await?;
    let t = other.get_one::<Transition>(t.id).await?;
    p.edit().outputs.remove(&t);
    other.commit().await?;
    same("pairs", pairs(db).await?, "pu qu")
}

async fn pairs_come_back_with_a_rollback(db: &Database) -> Case {
    let session = db.session()?;
    let ([mut p, _q], [t, u]) = net(&session).await?;
    p.edit().outputs.remove(&t);
    p.edit().outputs.push(transition("x"));
    session.flush().await?;
    session.rollback().await?;
    same(
        "back",
        (transitions(&p.outputs), places(&t.outputs), places(&u.outputs)),
        ("t u".to_owned(), "p".to_owned(), "p q".to_owned()),
    )?;
    p.edit().outputs.remove(&t);
    session.commit().await?;
    same("pairs", pairs(db).await?, "pu qu")
}

async fn pairs_come_back_with_a_savepoint(db: &Database) -> Case {
    let session = db.session()?;
    let ([mut p, mut q], [t, u]) = net(&session).await?;
    p.edit().outputs.remove(&t);
    let savepoint = session.begin_nested().await?;
    q.edit().outputs.set([&t]);
    session.flush().await?;
    same("inside", places(&t.outputs), "q")?;
    savepoint.rollback().await?;
    same(
        "back",
        (transitions(&q.outputs), places(&t.outputs), places(&u.outputs)),
        ("u".to_owned(), String::new(), "p q".to_owned()),
    )?;
    session.commit().await?;
    same("pairs", pairs(db).await?, "pu qu")
}

async fn an_unwritten_owner_with_old_ones(db: &Database) -> Case {
    let session = db.session()?;
    let (_, [t, u]) = net(&session).await?;
    session.add(Place { name: "r".to_owned(), outputs: Many::from([&u, &t]), ..Place::default() })?;
    session.commit().await?;
    same("pairs", pairs(db).await?, "pt pu qu rt ru")?;
    same("told", places(&t.outputs), "p r")
}

async fn the_same_object_twice_is_one_pair(db: &Database) -> Case {
    let session = db.session()?;
    let t = transition("t");
    let mut p = session.add(Place { name: "p".to_owned(), outputs: Many::from([&t, &t]), ..Place::default() })?;
    session.commit().await?;
    same("pairs", pairs(db).await?, "pt")?;
    p.edit().outputs.push(&t);
    session.commit().await?;
    same("pairs", pairs(db).await?, "pt")
}

async fn other_side_is_told_when_loaded(db: &Database) -> Case {
    let session = db.session()?;
    let ([p, _q], [t, _u]) = net(&session).await?;
    let other = db.session()?;
    let mut p = other.get_one::<Place>(p.id).await?;
    let t = other.query::<Transition>().with(Transition::OUTPUTS).get(t.id).await?.ok_or("no transition")?;
    p.edit().outputs.remove(&t);
    other.flush().await?;
    same("told", places(&t.outputs), "")?;
    p.edit().outputs.push(&t);
    other.commit().await?;
    same("told", places(&t.outputs), "p")?;
    same("pairs", pairs(db).await?, "pt pu qu")
}

async fn removed_and_the_other_side_deleted(db: &Database) -> Case {
    let session = db.session()?;
    let ([mut p, mut q], [_t, u]) = net(&session).await?;
    p.edit().outputs.remove(&u);
    q.edit().outputs.remove(&u);
    session.delete(&u)?;
    session.commit().await?;
    same("pairs", pairs(db).await?, "pt")
}

async fn loaded_in_the_order_of_the_relationship(db: &Database) -> Case {
    let session = db.session()?;
    let names = ["m", "b", "z", "a"].map(transition);
    let p = session.add(Place { name: "p".to_owned(), outputs: Many::from(names), ..Place::default() })?;
    session.commit().await?;
    let other = db.session()?;
    let found = other.query::<Place>().with(Place::OUTPUTS).get(p.id).await?.ok_or("no place")?;
    same("apart", transitions(&found.outputs), "a b m z")?;
    let other = db.session()?;
    let found = other.query::<Place>().with(Place::OUTPUTS.joined()).one().await?;
    same("joined", transitions(&found.outputs), "a b m z")
}
