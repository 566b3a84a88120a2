/// Flushes: changes that are written in one crossing.
#include "internal.h"

#include <string.h>

struct flush {
  struct object object;
  struct arena arena;
  WIT(sessions_change_t) * changes;
  size_t count;
  bool run;
  WIT(sessions_list_batch_t) batches;
};

void flush_drop(struct object *object) {
  struct flush *flush = (struct flush *)object;
  if (flush->run) WIT(sessions_list_batch_free)(&flush->batches);
  arena_free(&flush->arena);
}

sql_flush sql_flush_of(sql_session handle) {
  struct session *session = session_ready(handle);
  struct flush *flush = session == NULL ? NULL : object_new(OBJECT_FLUSH, sizeof *flush, session);
  if (flush != NULL) return (sql_flush){.id = flush->object.id};
  if (session != NULL) error_set(&session->error, "limit", "out of memory, or more than 65536 open handles");
  return (sql_flush){0};
}

void sql_flush_close(sql_flush handle) {
  struct flush *flush = object_of(OBJECT_FLUSH, handle.id);
  if (flush != NULL) object_free(flush);
}

static bool fail(struct flush *flush, const char *code, const char *message) {
  return error_set(error_of(flush), code, "%s", message);
}

/// The flush of a handle, where it has not run yet and no error sticks.
static struct flush *ready(sql_flush handle) {
  struct flush *flush = object_of(OBJECT_FLUSH, handle.id);
  if (flush == NULL || session_above(flush) == NULL) return NULL;
  if (!flush->run) return flush;
  fail(flush, "invalid", "a flush runs once: make another one");
  return NULL;
}

static uint32_t push(struct flush *flush, WIT(sessions_change_t) change) {
  flush->changes = arena_grow(&flush->arena, flush->changes, flush->count, sizeof change);
  if (flush->changes == NULL || flush->arena.exhausted) {
    flush->count = 0;
    fail(flush, "limit", "out of memory");
    return UINT32_MAX;
  }
  flush->changes[flush->count] = change;
  return (uint32_t)flush->count++;
}

static bool columns(struct flush *flush, const char *table, const sql_data *data, size_t count, size_t rows,
                    wit_batch *batch, plugin_list_string_t *names) {
  return columns_lower(session_above(flush), &flush->arena, table, data, count, rows, true, batch, names);
}

uint32_t sql_flush_inserts(sql_flush handle, const char *table, const sql_data *data, size_t count, size_t rows,
                           const char *returning) {
  struct flush *flush = ready(handle);
  WIT(sessions_change_t) change = {.tag = SQLSERVICE_DATABASE_SESSIONS_CHANGE_INSERTS};
  WIT(sessions_inserts_t) *inserts = &change.val.inserts;
  if (flush == NULL || !columns(flush, table, data, count, rows, &inserts->rows, &inserts->columns)) return UINT32_MAX;
  inserts->table = arena_string(&flush->arena, table);
  inserts->returning = arena_names(&flush->arena, returning);
  return push(flush, change);
}

uint32_t sql_flush_updates(sql_flush handle, const char *table, const sql_data *keys, size_t key_count,
                           const sql_data *data, size_t count, size_t rows, const char *returning) {
  struct flush *flush = ready(handle);
  WIT(sessions_change_t) change = {.tag = SQLSERVICE_DATABASE_SESSIONS_CHANGE_UPDATES};
  WIT(sessions_updates_t) *updates = &change.val.updates;
  const bool lowered = flush != NULL && columns(flush, table, keys, key_count, rows, &updates->keys, NULL) &&
                       columns(flush, table, data, count, rows, &updates->rows, &updates->columns);
  if (!lowered) return UINT32_MAX;
  updates->table = arena_string(&flush->arena, table);
  updates->returning = arena_names(&flush->arena, returning);
  return push(flush, change);
}

uint32_t sql_flush_deletes(sql_flush handle, const char *table, const sql_data *keys, size_t key_count, size_t rows,
                           bool strict) {
  struct flush *flush = ready(handle);
  WIT(sessions_change_t) change = {.tag = SQLSERVICE_DATABASE_SESSIONS_CHANGE_DELETES};
  WIT(sessions_deletes_t) *deletes = &change.val.deletes;
  if (flush == NULL || !columns(flush, table, keys, key_count, rows, &deletes->keys, NULL)) return UINT32_MAX;
  deletes->table = arena_string(&flush->arena, table);
  deletes->strict = strict;
  return push(flush, change);
}

static WIT(sessions_change_t) * change_of(struct flush *flush, uint32_t position) {
  if (flush == NULL) return NULL;
  if (position < flush->count) return &flush->changes[position];
  fail(flush, "invalid", "the flush has no such change");
  return NULL;
}

bool sql_flush_versions(sql_flush handle, uint32_t position, sql_data versions) {
  struct flush *flush = ready(handle);
  WIT(sessions_change_t) *change = change_of(flush, position);
  if (change == NULL) return false;
  WIT(sessions_option_batch_t) out = {.is_some = true};
  const bool updates = change->tag == SQLSERVICE_DATABASE_SESSIONS_CHANGE_UPDATES;
  if (!updates && change->tag != SQLSERVICE_DATABASE_SESSIONS_CHANGE_DELETES) {
    return fail(flush, "invalid", "only updates and deletes have versions");
  }
  const uint32_t rows = updates ? change->val.updates.keys.rows : change->val.deletes.keys.rows;
  if (!columns(flush, NULL, &versions, 1, rows, &out.val, NULL)) return false;
  if (updates)
    change->val.updates.versions = out;
  else
    change->val.deletes.versions = out;
  return true;
}

bool sql_flush_stored(sql_flush handle, uint32_t position, const sql_data *data, size_t count) {
  struct flush *flush = ready(handle);
  WIT(sessions_change_t) *change = change_of(flush, position);
  if (change == NULL) return false;
  WIT(sessions_option_known_rows_t) out = {.is_some = true};
  const bool updates = change->tag == SQLSERVICE_DATABASE_SESSIONS_CHANGE_UPDATES;
  if (!updates && change->tag != SQLSERVICE_DATABASE_SESSIONS_CHANGE_DELETES) {
    return fail(flush, "invalid", "only updates and deletes have stored values");
  }
  const uint32_t rows = updates ? change->val.updates.keys.rows : change->val.deletes.keys.rows;
  if (!columns(flush, NULL, data, count, rows, &out.val.rows, &out.val.columns)) return false;
  if (updates)
    change->val.updates.stored = out;
  else
    change->val.deletes.stored = out;
  return true;
}

static bool position_of(plugin_list_string_t names, const char *name, uint16_t *at) {
  const size_t size = name == NULL ? SIZE_MAX : strlen(name);
  for (size_t i = 0; i < names.len && i <= UINT16_MAX; i++) {
    if (names.ptr[i].len == size && (size == 0 || memcmp(names.ptr[i].ptr, name, size) == 0)) {
      *at = (uint16_t)i;
      return true;
    }
  }
  return false;
}

bool sql_flush_link(sql_flush handle, uint32_t position, uint32_t row, const char *column, uint32_t of_change,
                    uint32_t of_row) {
  struct flush *flush = ready(handle);
  WIT(sessions_change_t) *change = change_of(flush, position);
  if (change == NULL) return false;
  if (change->tag == SQLSERVICE_DATABASE_SESSIONS_CHANGE_DELETES) {
    return fail(flush, "invalid", "deletes take no values from other rows");
  }
  const bool inserts = change->tag == SQLSERVICE_DATABASE_SESSIONS_CHANGE_INSERTS;
  WIT(sessions_list_key_reference_t) *links = inserts ? &change->val.inserts.links : &change->val.updates.links;
  WIT(sessions_key_reference_t) link = {.row = row, .of_change = of_change, .of_row = of_row};
  if (!position_of(inserts ? change->val.inserts.columns : change->val.updates.columns, column, &link.column)) {
    return fail(flush, "no-such-column", "the change does not write the column that the link names");
  }
  links->ptr = arena_grow(&flush->arena, links->ptr, links->len, sizeof link);
  if (links->ptr == NULL) {
    links->len = 0;
    return fail(flush, "limit", "out of memory");
  }
  links->ptr[links->len++] = link;
  return true;
}

bool sql_flush_run(sql_flush handle) {
  struct flush *flush = ready(handle);
  if (flush == NULL || !arena_fits(&flush->arena, error_of(flush))) return false;
  WIT(sessions_list_change_t) changes = {.ptr = flush->changes, .len = flush->count};
  wit_failure failure;
  const bool done =
      WIT(sessions_method_session_flush)(session_borrow(session_above(flush)), &changes, &flush->batches, &failure);
  flush->run = done;
  return done || error_take(error_of(flush), &failure);
}

sql_rows sql_flush_rows(sql_flush handle, uint32_t position) {
  struct flush *flush = object_of(OBJECT_FLUSH, handle.id);
  if (flush == NULL || session_above(flush) == NULL) return (sql_rows){0};
  if (!flush->run || position >= flush->batches.len) {
    fail(flush, "invalid", "the flush was not run, or has no such change");
    return (sql_rows){0};
  }
  const WIT(sessions_change_t) *change = &flush->changes[position];
  plugin_list_string_t returning = {0};
  if (change->tag == SQLSERVICE_DATABASE_SESSIONS_CHANGE_INSERTS) returning = change->val.inserts.returning;
  if (change->tag == SQLSERVICE_DATABASE_SESSIONS_CHANGE_UPDATES) returning = change->val.updates.returning;
  char **names = arena_take(&flush->arena, returning.len, sizeof *names);
  for (size_t i = 0; names != NULL && i < returning.len; i++) {
    names[i] = arena_text(&flush->arena, (const char *)returning.ptr[i].ptr, returning.ptr[i].len);
  }
  if (names == NULL || flush->arena.exhausted) {
    fail(flush, "limit", "out of memory");
    return (sql_rows){0};
  }
  return rows_over(flush, &flush->batches.ptr[position], names, returning.len);
}
