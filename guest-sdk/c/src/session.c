/// Sessions, transactions and savepoints.
#include "internal.h"

struct savepoint {
  struct object object;
  bool open;
  WIT(sessions_own_savepoint_t) handle;
};

void session_drop(struct object *object) {
  struct session *session = (struct session *)object;
  struct database *database = object_above(object, OBJECT_DATABASE);
  if (session->open) WIT(sessions_session_drop_own)(session->handle);
  // The database keeps the failure for sql_finish at the end of the export.
  if (session->error.failed) error_copy(&database->closed, &session->error);
  error_clear(&session->error);
  arena_free(&session->reflected);
}

void savepoint_drop(struct object *object) {
  struct savepoint *savepoint = (struct savepoint *)object;
  if (savepoint->open) WIT(sessions_savepoint_drop_own)(savepoint->handle);
}

struct session *session_above(void *object) {
  struct session *session = object_above(object, OBJECT_SESSION);
  return session == NULL || session->error.failed ? NULL : session;
}

struct session *session_ready(sql_session handle) {
  struct session *session = object_of(OBJECT_SESSION, handle.id);
  return session == NULL || session->error.failed ? NULL : session;
}

WIT(sessions_borrow_session_t) session_borrow(const struct session *session) {
  return WIT(sessions_borrow_session)(session->handle);
}

struct error *error_of(void *object) {
  struct session *session = object_above(object, OBJECT_SESSION);
  if (session != NULL) return &session->error;
  struct database *database = object_above(object, OBJECT_DATABASE);
  return &database->error;
}

bool sql_session_close(sql_session handle) {
  struct session *session = object_of(OBJECT_SESSION, handle.id);
  if (session == NULL) return false;
  while (session->object.child != NULL) object_free(session->object.child);
  if (session->open) {
    wit_failure failure;
    session->open = false;
    if (!WIT(sessions_static_session_close)(session->handle, &failure)) error_take(&session->error, &failure);
  }
  const bool well = !session->error.failed;
  object_free(session);
  return well;
}

/// Frees the savepoints of a transaction that has ended.
static void forget_savepoints(struct session *session) {
  for (struct object *child = session->object.child; child != NULL;) {
    struct object *next = child->next;
    if (child->kind == OBJECT_SAVEPOINT) object_free(child);
    child = next;
  }
}

bool sql_commit(sql_session handle) {
  struct session *session = session_ready(handle);
  wit_failure failure;
  if (session == NULL) return false;
  const bool done = WIT(sessions_method_session_commit)(session_borrow(session), &failure);
  if (!done) return error_take(&session->error, &failure);
  forget_savepoints(session);
  return true;
}

bool sql_rollback(sql_session handle) {
  struct session *session = object_of(OBJECT_SESSION, handle.id);
  wit_failure failure;
  if (session == NULL || !session->open) return false;
  const bool done = WIT(sessions_method_session_rollback)(session_borrow(session), &failure);
  if (!done) return error_take(&session->error, &failure);
  forget_savepoints(session);
  return true;
}

bool sql_in_transaction(sql_session handle) {
  const struct session *session = object_of(OBJECT_SESSION, handle.id);
  return session != NULL && session->open && WIT(sessions_method_session_in_transaction)(session_borrow(session));
}

bool sql_set_isolation(sql_session handle, sql_isolation level) {
  struct session *session = session_ready(handle);
  wit_failure failure;
  if (session == NULL) return false;
  if ((unsigned)level > SQL_AUTOCOMMIT)
    return error_set(&session->error, "invalid", "there is no such isolation level");
  return WIT(sessions_method_session_set_isolation)(session_borrow(session), (uint8_t)level, &failure) ||
         error_take(&session->error, &failure);
}

sql_isolation sql_get_isolation(sql_session handle) {
  struct session *session = session_ready(handle);
  wit_failure failure;
  WIT(sessions_isolation_t) level;
  if (session == NULL) return SQL_ISOLATION_DEFAULT;
  if (!WIT(sessions_method_session_get_isolation)(session_borrow(session), &level, &failure)) {
    error_take(&session->error, &failure);
    return SQL_ISOLATION_DEFAULT;
  }
  return (sql_isolation)level;
}

bool sql_set_options(sql_session handle, sql_options options) {
  struct session *session = session_ready(handle);
  if (session == NULL) return false;
  session->options =
      (WIT(sessions_options_t)){.timeout_ms = {.is_some = options.timeout_ms != 0, .val = options.timeout_ms},
                                .max_rows = {.is_some = options.max_rows != 0, .val = options.max_rows},
                                .batch_rows = {.is_some = options.batch_rows != 0, .val = options.batch_rows}};
  return true;
}

sql_savepoint sql_save(sql_session handle) {
  struct session *session = session_ready(handle);
  if (session == NULL) return (sql_savepoint){0};
  struct savepoint *savepoint = object_new(OBJECT_SAVEPOINT, sizeof *savepoint, session);
  wit_failure failure;
  if (savepoint == NULL) {
    error_set(&session->error, "limit", "out of memory, or more than 65536 open handles");
    return (sql_savepoint){0};
  }
  savepoint->open = WIT(sessions_method_session_begin_nested)(session_borrow(session), &savepoint->handle, &failure);
  if (savepoint->open) return (sql_savepoint){.id = savepoint->object.id};
  object_free(savepoint);
  error_take(&session->error, &failure);
  return (sql_savepoint){0};
}

bool sql_release(sql_savepoint handle) {
  struct savepoint *savepoint = object_of(OBJECT_SAVEPOINT, handle.id);
  struct session *session = savepoint == NULL ? NULL : session_above(savepoint);
  wit_failure failure;
  if (session == NULL) return false;
  savepoint->open = false;
  const bool done = WIT(sessions_static_savepoint_release)(savepoint->handle, &failure);
  object_free(savepoint);
  return done || error_take(&session->error, &failure);
}

bool sql_rollback_to(sql_savepoint handle) {
  struct savepoint *savepoint = object_of(OBJECT_SAVEPOINT, handle.id);
  if (savepoint == NULL) return false;
  struct session *session = object_above(savepoint, OBJECT_SESSION);
  wit_failure failure;
  savepoint->open = false;
  const bool done = WIT(sessions_static_savepoint_rollback)(savepoint->handle, &failure);
  object_free(savepoint);
  return done || error_take(&session->error, &failure);
}

void sql_sleep(uint32_t milliseconds) {
  wasi_clocks_monotonic_clock_wait_for((uint64_t)milliseconds * 1000000);
}
