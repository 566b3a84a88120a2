//! `test_transaction.py`: the effects of commits, rollbacks and savepoints on objects.

mod ended;
mod key;
mod rolled_back;
mod savepoint;

use self::{
    ended::{
        a_dropped_session_is_rolled_back, a_session_of_one_transaction_ends_with_it,
        transactions_do_not_see_each_other, what_others_commit_is_not_overwritten, work_ends_its_transaction_itself,
        work_in_a_closure, work_outlives_its_transaction,
    },
    key::{
        a_deleted_row_is_inserted_behind_the_session, a_key_changes_in_a_kept_savepoint, a_key_that_another_row_takes,
        a_key_that_is_taken_twice_in_a_row, a_new_row_of_a_deleted_key_is_rolled_back,
        a_row_of_a_deleted_key_in_a_savepoint, a_switched_row_and_a_flush_that_fails, a_switched_row_and_a_savepoint,
        exchanged_keys_come_back, several_changes_of_a_key,
    },
    rolled_back::{
        collections_come_back, deletes_come_back_with_what_went_along, edits_come_back_flushed_or_not,
        new_objects_go_out, new_objects_in_lists_go_out, orphans_come_back, pairs_come_back_on_both_sides,
        what_was_rolled_back_is_added_again, what_was_rolled_back_is_edited_and_added,
    },
    savepoint::{
        a_failed_flush_in_a_savepoint, a_savepoint_writes_first_what_was_edited, deletes_in_savepoints_come_back,
        edits_through_savepoints_that_nest, new_objects_of_a_savepoint, pairs_go_back_with_a_savepoint,
        statements_in_a_savepoint_are_undone, what_a_savepoint_did_not_touch_stays,
    },
};
use crate::{
    case::cases,
    members::{Address, Group, Member, User},
};

/// Objects with text primary keys.
#[derive(sqlservice_sdk::prelude::Model, Clone, Debug, Default)]
#[model(table = "named")]
struct Named {
    #[model(primary_key, length = 20)]
    name: String,
    note: Option<i64>,
}

fn named(name: &str, note: i64) -> Named {
    Named { name: name.to_owned(), note: Some(note) }
}

cases! { [User, Address, Group, Member, Named]:
    transactions_do_not_see_each_other, what_others_commit_is_not_overwritten, new_objects_go_out,
    new_objects_in_lists_go_out, edits_come_back_flushed_or_not, deletes_come_back_with_what_went_along,
    orphans_come_back, collections_come_back, pairs_come_back_on_both_sides, what_was_rolled_back_is_added_again,
    what_was_rolled_back_is_edited_and_added, new_objects_of_a_savepoint, deletes_in_savepoints_come_back,
    a_savepoint_writes_first_what_was_edited, edits_through_savepoints_that_nest, pairs_go_back_with_a_savepoint,
    what_a_savepoint_did_not_touch_stays, statements_in_a_savepoint_are_undone, a_failed_flush_in_a_savepoint,
    a_key_that_another_row_takes, a_key_that_is_taken_twice_in_a_row, a_new_row_of_a_deleted_key_is_rolled_back,
    a_deleted_row_is_inserted_behind_the_session, a_key_changes_in_a_kept_savepoint, several_changes_of_a_key,
    a_switched_row_and_a_flush_that_fails, a_switched_row_and_a_savepoint, a_session_of_one_transaction_ends_with_it,
    work_in_a_closure, work_ends_its_transaction_itself, work_outlives_its_transaction, a_dropped_session_is_rolled_back,
    a_row_of_a_deleted_key_in_a_savepoint, exchanged_keys_come_back,
}
