//! B30: objects that get another owner in the flush that deletes their old owner.

use sqlservice_host::Val;
use sqlservice_tests::{Fixture, for_each_database};

use super::{assert_saw, saw};

use crate::scene::text;

/// Moves a child in each way, with the delete first or last and with children loaded or not, and checks what remains.
async fn assert_moved(fixture: &Fixture, ways: &[&str], rows: &str, status: &str) {
    for way in ways {
        for (deletes_first, is_loaded) in [(false, false), (false, true), (true, false), (true, true)] {
            let arguments = [text(way), Val::Bool(deletes_first), Val::Bool(is_loaded)];
            let saw = saw(fixture, "moved", &arguments).await;
            let about = format!("{way}, deletes first {deletes_first}, loaded {is_loaded} on {}", fixture.backend());
            assert_eq!(saw[0], rows, "{about}");
            assert!(saw[1].starts_with(status), "{about}: {saw:?}");
            assert_eq!(saw[2], "true", "{about}");
            empty(fixture).await;
        }
    }
}

async fn empty(fixture: &Fixture) {
    let mut outside = fixture.outside().await;
    for table in ["toys", "children", "parents"] {
        outside.execute(&format!("DELETE FROM {table}")).await;
    }
    outside.close().await;
}

#[test]
fn b30_a_child_that_another_parent_takes_outlives_its_old_one() {
    for_each_database(async |fixture: &Fixture| {
        let ways = [
            "push",
            "parent",
            "key",
            "push removed",
            "parent removed",
            "key removed",
            "push cleared",
            "push removed cleared",
            "parent cleared",
        ];
        assert_moved(fixture, &ways, "kept | moved:kept | moved", "Persistent").await;
    });
}

#[test]
fn b30_a_child_that_a_new_parent_takes_outlives_its_old_one() {
    for_each_database(async |fixture: &Fixture| {
        let ways = ["push-new", "parent-new", "push-new removed", "parent-new removed"];
        assert_moved(fixture, &ways, "kept new | moved:new | moved", "Persistent").await;
    });
}

#[test]
fn b30_a_child_goes_where_its_new_parent_goes_or_it_is_deleted_itself() {
    for_each_database(async |fixture: &Fixture| {
        assert_moved(fixture, &["to-one-that-goes", "parent-that-goes"], " |  | ", "Detached").await;
        assert_moved(fixture, &["deleted", "none", "none removed", "none cleared"], "kept |  | ", "Detached").await;
    });
}

#[test]
fn b30_a_child_that_moves_twice_stays_with_the_last_one() {
    for_each_database(async |fixture: &Fixture| {
        for is_loaded in [false, true] {
            let arguments = [text("twice"), Val::Bool(false), Val::Bool(is_loaded)];
            let saw = saw(fixture, "moved", &arguments).await;
            assert_eq!(saw[0], "kept | moved:kept | moved", "{arguments:?} on {}", fixture.backend());
            empty(fixture).await;
        }
    });
}

#[test]
fn b30_what_moves_by_other_relationships_outlives_its_old_owner() {
    let both = |holder: &str| format!("pref:{holder} badge:{holder} book:{holder}");
    // Setting a foreign key does not change an association table.
    let cases = [
        ("the one side sets it", both("kept")),
        ("the other side says so", both("kept")),
        ("a new one gets it", both("new")),
        ("it is taken away first", both("kept")),
        ("keys say so", "pref:kept badge:kept".to_owned()),
        ("it stays where it is lost", "pref:kept pref 2:old badge:kept badge 2:old book:kept book 2:old".to_owned()),
        ("nothing", String::new()),
    ];
    for (way, expected) in cases {
        for deletes_first in [false, true] {
            for is_loaded in [false, true] {
                if way == "it stays where it is lost" && deletes_first {
                    continue;
                }
                for_each_database(async |fixture: &Fixture| {
                    let way = if is_loaded { format!("{way} and loaded") } else { way.to_owned() };
                    let arguments = [text(&way), Val::Bool(deletes_first)];
                    assert_saw(fixture, "moved-otherwise", &arguments, &[&expected]).await;
                });
            }
        }
    }
}

#[test]
fn b30_what_moves_out_of_a_tree_outlives_it() {
    let cases = [
        ("subtree", "b:z b1:b b2:b z:"),
        ("leaf", "b1:z z:"),
        ("leaf by key", "b1:z z:"),
        ("within", "z:"),
        ("turned", "b:b1 b1:z b2:b z:"),
        ("to a new node", "b1:new new:z z:"),
        ("to a root", "z:"),
        ("nothing", "z:"),
    ];
    for (way, expected) in cases {
        for is_loaded in [false, true] {
            for_each_database(async |fixture: &Fixture| {
                assert_saw(fixture, "moved-in-a-tree", &[text(way), Val::Bool(is_loaded)], &[expected]).await;
            });
        }
    }
}

#[test]
fn b30_a_grandchild_that_moves_outlives_both() {
    let kept = "kept | other:kept | other other";
    let cases = [
        ("grandchild push", kept),
        ("grandchild parent", kept),
        ("grandchild key", kept),
        ("grandchild stays", "kept | other:kept | other"),
        ("grandchild of one that goes", " |  | "),
    ];
    for (way, expected) in cases {
        for_each_database(async |fixture: &Fixture| {
            assert_saw(fixture, "moved-in-a-tree", &[text(way), Val::Bool(false)], &[expected]).await;
        });
    }
}

#[test]
fn b30_a_handler_of_the_delete_gives_children_to_another_owner() {
    let cases = [
        ("by the owner", "other=0, is added again:other, kept:other, moves itself:other, deleted hands on"),
        ("by themselves", "other=0, is added again:other, moves itself:other, deleted old"),
    ];
    for (way, expected) in cases {
        for_each_database(async |fixture: &Fixture| {
            assert_saw(fixture, "moved-by-a-handler", &[text(way)], &[expected]).await;
        });
    }
}
