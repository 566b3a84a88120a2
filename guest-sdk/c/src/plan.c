/// The cache of prepared statements by key: for a repeated statement, only its values are sent.
#include "internal.h"

#include <stdlib.h>
#include <string.h>

enum { PLANS_AT_MOST = 32 };  ///< Each can hold a handle, of which a plugin has a limited number.

static void plan_close(struct plan *plan) {
  if (plan->open) WIT(sessions_prepared_drop_own)(plan->handle);
  arena_free(&plan->arena);
  free(plan);
}

void plan_release(struct plan *plan) {
  if (plan != NULL && --plan->users == 0) plan_close(plan);
}

void plans_free(struct plans *plans) {
  for (size_t i = 0; i < plans->count; i++) plan_release(plans->items[i]);
  free(plans->items);
  *plans = (struct plans){0};
}

static uint64_t hash_of(const struct key *key) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (size_t i = 0; i < key->size; i++) hash = (hash ^ key->bytes[i]) * UINT64_C(0x100000001b3);
  return hash;
}

static bool is(const struct plan *plan, uint64_t hash, const struct key *key) {
  return plan->hash == hash && plan->size == key->size && memcmp(plan->key, key->bytes, key->size) == 0;
}

/// A slot for one more plan; where the cache is full, that of the least recently used one. Null
/// where memory ran out: then the statement is not cached.
static struct plan **place(struct plans *plans) {
  if (plans->items == NULL) plans->items = calloc(PLANS_AT_MOST, sizeof(struct plan *));
  if (plans->items == NULL) return NULL;
  if (plans->count < PLANS_AT_MOST) return &plans->items[plans->count++];
  struct plan **oldest = &plans->items[0];
  for (size_t i = 1; i < plans->count; i++) {
    if (plans->items[i]->used < (*oldest)->used) oldest = &plans->items[i];
  }
  plan_release(*oldest);
  return oldest;
}

static void remember(struct plans *plans, uint64_t hash, const struct key *key) {
  struct plan *plan = calloc(1, sizeof *plan);
  if (plan == NULL) return;
  plan->key = arena_copy(&plan->arena, key->bytes, key->size);
  struct plan **at = plan->key == NULL ? NULL : place(plans);
  if (at == NULL) {
    plan_close(plan);
    return;
  }
  plan->hash = hash;
  plan->size = key->size;
  plan->used = plans->clock;
  plan->users = 1;
  *at = plan;
}

bool plan_prepare(struct plan *plan, struct session *session, wit_statement *statement, wit_failure *failure) {
  plan->open = WIT(sessions_method_session_prepare)(session_borrow(session), statement, &plan->handle, failure);
  if (!plan->open) return false;
  WIT(sessions_list_result_column_t) columns;
  WIT(sessions_method_prepared_columns)(WIT(sessions_borrow_prepared)(plan->handle), &columns);
  plan->names = names_of(&plan->arena, &columns);
  plan->width = columns.len;
  WIT(sessions_list_result_column_free)(&columns);
  return true;
}

/// Prepares the statement with parameters in the place of values. Where that fails, executing the
/// statement unprepared returns the error.
static bool prepare(struct plan *plan, struct session *session, wit_statement *lowered, const struct key *key) {
  for (size_t i = 0; i < key->values.len; i++) {
    lowered->nodes.ptr[key->nodes[i]] =
        (wit_node){.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_PARAMETER, .val.parameter = (uint32_t)i};
  }
  wit_failure failure;
  if (plan_prepare(plan, session, lowered, &failure)) {
    if (plan->names != NULL) return true;
    WIT(sessions_prepared_drop_own)(plan->handle);
    plan->open = false;
  } else {
    WIT(errors_failure_free)(&failure);
  }
  for (size_t i = 0; i < key->values.len; i++) {
    lowered->nodes.ptr[key->nodes[i]] =
        (wit_node){.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_LITERAL, .val.literal = key->values.ptr[i]};
  }
  return false;
}

struct plan *plan_of(struct statement *statement, wit_statement *lowered, WIT(sessions_list_value_t) * values) {
  struct database *database = object_above(statement, OBJECT_DATABASE);
  struct plans *plans = &database->plans;
  struct key key = {0};
  if (!key_of(statement, lowered, &key)) return NULL;
  const uint64_t hash = hash_of(&key);
  plans->clock++;
  for (size_t i = 0; i < plans->count; i++) {
    struct plan *plan = plans->items[i];
    if (!is(plan, hash, &key)) continue;
    plan->used = plans->clock;
    if (!plan->open && !prepare(plan, object_above(statement, OBJECT_SESSION), lowered, &key)) return NULL;
    *values = key.values;
    return plan;
  }
  remember(plans, hash, &key);
  return NULL;
}
