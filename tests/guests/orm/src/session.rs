//! `test_session.py`: transactions of a session, its identity map, and objects that join and leave it.

mod begin;
mod joined;
mod known;
mod listed;

use self::{
    begin::{
        a_closed_session_is_rolled_back, a_failed_flush_is_the_error_of_the_query, a_second_begin_is_refused,
        a_transaction_begins_with_a_statement, autoflush_is_off_inside, two_sessions_know_different_objects,
    },
    joined::{
        a_deleted_graph_of_a_closed_session, a_detached_graph_joins_with_its_edits,
        a_detached_graph_joins_with_its_root, a_graph_is_of_one_session, a_graph_of_pairs_joins,
        a_graph_with_a_known_row_is_refused, a_graph_with_a_row_twice_is_refused, a_new_owner_brings_detached_ones,
        another_object_of_a_known_row, deleted_objects_of_a_dropped_session, edits_join_another_session,
        new_objects_of_a_closed_session_join, what_left_its_session_joins_and_leaves_again,
    },
    known::{
        a_deleted_object_is_found_until_it_is_flushed, a_pending_object_is_not_known_by_its_key,
        an_edit_stays_when_its_row_is_read, an_edited_key_is_the_old_one_until_a_flush, get_of_nothing,
        populate_existing_drops_edits, what_is_gone_is_not_known,
    },
    listed::{
        added_and_deleted_are_listed, after_a_commit_nothing_is_listed, an_added_object_is_deleted,
        expunged_ones_are_not_listed, is_modified_of_columns, is_modified_of_relationships,
    },
};
use crate::{
    case::cases,
    members::{Address, Group, Member, User},
};

cases! { [User, Address, Group, Member]:
    a_transaction_begins_with_a_statement, a_second_begin_is_refused, a_closed_session_is_rolled_back,
    a_failed_flush_is_the_error_of_the_query, autoflush_is_off_inside, two_sessions_know_different_objects,
    a_deleted_object_is_found_until_it_is_flushed, a_pending_object_is_not_known_by_its_key,
    an_edit_stays_when_its_row_is_read, an_edited_key_is_the_old_one_until_a_flush, populate_existing_drops_edits,
    get_of_nothing, what_is_gone_is_not_known, added_and_deleted_are_listed, an_added_object_is_deleted,
    is_modified_of_columns, is_modified_of_relationships, expunged_ones_are_not_listed,
    after_a_commit_nothing_is_listed, a_detached_graph_joins_with_its_root, a_detached_graph_joins_with_its_edits,
    a_new_owner_brings_detached_ones, a_graph_with_a_known_row_is_refused, a_graph_of_pairs_joins,
    a_deleted_graph_of_a_closed_session, another_object_of_a_known_row, edits_join_another_session,
    what_left_its_session_joins_and_leaves_again, new_objects_of_a_closed_session_join, a_graph_is_of_one_session,
    deleted_objects_of_a_dropped_session, a_graph_with_a_row_twice_is_refused,
}
