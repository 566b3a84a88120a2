//! `test_expire.py`: refreshed objects, and their pending edits.

mod expired;
mod refreshed;

use self::{
    expired::{
        a_pending_object_stays_what_it_is, a_relationship_is_unloaded_by_the_next_row, an_edit_after_it_is_kept,
        an_edited_key_is_lost, an_expired_row_comes_back_with_a_rollback, an_expired_row_that_is_gone,
        an_expired_row_that_is_gone_is_edited, an_object_of_another_session_stays_what_it_is, edits_are_lost,
        edits_of_all_are_lost, edits_of_lists_are_lost, edits_of_what_follows_are_lost, expired_and_deleted_is_deleted,
        expired_in_a_savepoint, it_is_read_once, nothing_is_written,
    },
    refreshed::{
        a_refresh_drops_edits, a_refresh_flushes_others, a_refresh_of_what_is_gone, a_refresh_of_what_is_not_there,
        a_refresh_sees_its_own_transaction, a_refresh_unloads_relationships,
    },
};
use crate::{
    case::cases,
    members::{Address, Group, Member, User},
};

cases! { [User, Address, Group, Member]:
    it_is_read_once, edits_are_lost, edits_of_lists_are_lost, edits_of_all_are_lost, edits_of_what_follows_are_lost,
    an_edit_after_it_is_kept, nothing_is_written, expired_and_deleted_is_deleted, a_pending_object_stays_what_it_is,
    an_object_of_another_session_stays_what_it_is, an_expired_row_that_is_gone, an_expired_row_that_is_gone_is_edited,
    expired_in_a_savepoint, an_edited_key_is_lost, an_expired_row_comes_back_with_a_rollback, a_relationship_is_unloaded_by_the_next_row, a_refresh_drops_edits,
    a_refresh_unloads_relationships, a_refresh_flushes_others, a_refresh_of_what_is_gone,
    a_refresh_of_what_is_not_there, a_refresh_sees_its_own_transaction,
}
