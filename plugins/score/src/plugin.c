/// Ranks articles in a loop over their columns: makes no row objects, copies only the best titles.
#include "plugin.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sqlservice.h"

SQL_MODELS(models, SQL_TABLE("articles"), SQL_ID("id"), SQL_STRING("title", 200), SQL_COLUMN("clicks", SQL_INT64),
           SQL_COLUMN("age_days", SQL_FLOAT64, .nullable = true));
SQL_EXPORT_MODELS(models)

enum { TOP_AT_MOST = 1000, FILL_AT_MOST = 1000000, FILL_BATCH = 5000 };

/// The best articles so far: a heap with the lowest score first.
typedef struct best {
  plugin_ranked_t items[TOP_AT_MOST];
  size_t count, wanted;
} best;

static void swap(plugin_ranked_t *a, plugin_ranked_t *b) {
  const plugin_ranked_t kept = *a;
  *a = *b;
  *b = kept;
}

static void sink(plugin_ranked_t *items, size_t count) {
  for (size_t at = 0, child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && items[child + 1].score < items[child].score) child++;
    if (items[at].score <= items[child].score) return;
    swap(&items[at], &items[child]);
  }
}

static void rise(plugin_ranked_t *items, size_t at) {
  while (at > 0 && items[(at - 1) / 2].score > items[at].score) {
    swap(&items[(at - 1) / 2], &items[at]);
    at = (at - 1) / 2;
  }
}

/// Adds a row that scores higher than the heap's lowest item, and only then copies its title.
static void offer(best *best, double score, const char *title, size_t size) {
  if (best->wanted == 0) return;
  const bool full = best->count == best->wanted;
  if (full && score <= best->items[0].score) return;
  plugin_ranked_t *item = full ? &best->items[0] : &best->items[best->count++];
  if (full) plugin_string_free(&item->title);
  item->score = score;
  plugin_string_dup_n(&item->title, title, size);
  if (full)
    sink(best->items, best->count);
  else
    rise(best->items, best->count - 1);
}

/// The hot function: one pass over the columns of a batch, without copying them.
static void score(best *best, sql_rows rows, double half_life) {
  const int64_t *clicks = sql_ints(rows, 0);
  const double *ages = sql_floats(rows, 1);
  const uint8_t *has_age = sql_validity(rows, 1);
  const sql_texts titles = sql_text_column(rows, 2);
  if (clicks == NULL || ages == NULL || titles.offsets == NULL) return;
  const size_t count = sql_batch_rows(rows);
  for (size_t i = 0; i < count; i++) {
    const bool known = has_age == NULL || (has_age[i / 8] >> (i % 8) & 1) != 0;
    const double value = log2(1 + (double)clicks[i]) - (known ? ages[i] / half_life : 0);
    const uint32_t from = titles.offsets[i];
    offer(best, value, titles.data + from, titles.offsets[i + 1] - from);
  }
}

static sql_query articles(sql_session session) {
  const sql_query query = sql_select(session);
  sql_from(query, "articles", NULL);
  sql_columns(query, "clicks, age_days, title");
  return query;
}

static int better(const void *a, const void *b) {
  const double left = ((const plugin_ranked_t *)a)->score, right = ((const plugin_ranked_t *)b)->score;
  return left < right ? 1 : left > right ? -1 : 0;
}

bool exports_plugin_top(uint32_t count, double half_life, plugin_list_ranked_t *ranked, plugin_string_t *err) {
  if (count > TOP_AT_MOST || !(half_life > 0)) {
    plugin_string_dup(err, "at most 1000 articles, and a half-life above 0");
    return false;
  }
  best *best = calloc(1, sizeof *best);
  if (best == NULL) abort();
  best->wanted = count;
  sql_database db = sql_open("default", models);
  sql_create_all(db);
  sql_rows rows = sql_fetch(articles(sql_session_of(db)));
  while (sql_next_batch(rows)) score(best, rows, half_life);

  qsort(best->items, best->count, sizeof best->items[0], better);
  *ranked = (plugin_list_ranked_t){.ptr = malloc(best->count * sizeof best->items[0] + 1), .len = best->count};
  if (ranked->ptr == NULL) abort();
  for (size_t i = 0; i < best->count; i++) ranked->ptr[i] = best->items[i];
  free(best);
  if (SQL_FINISH(db, err)) return true;
  plugin_list_ranked_free(ranked);
  return false;
}

/// Inserts articles by columns: each column is an array, and one crossing writes all.
static void insert(sql_session session, uint32_t from, uint32_t count) {
  static char titles[FILL_BATCH * 24];
  static uint32_t offsets[FILL_BATCH + 1];
  static int64_t clicks[FILL_BATCH];
  static double ages[FILL_BATCH];
  static uint8_t no_age[FILL_BATCH];
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t mixed = (from + i + 1) * 2654435761U;
    const int size = snprintf(titles + offsets[i], 24, "article %u", from + i + 1);
    offsets[i + 1] = offsets[i] + (uint32_t)size;
    clicks[i] = mixed % 100000;
    ages[i] = mixed % 3650 / 10.0;
    no_age[i] = mixed % 50 == 0;
  }
  const sql_data columns[] = {sql_data_strings("title", SQL_KIND_TEXT, titles, offsets, NULL),
                              sql_data_ints("clicks", clicks, NULL), sql_data_floats("age_days", ages, no_age)};
  sql_rows_close(sql_insert_many(session, "articles", columns, 3, count, NULL));
}

bool exports_plugin_fill(uint32_t count, uint64_t *written, plugin_string_t *err) {
  *written = count < FILL_AT_MOST ? count : FILL_AT_MOST;
  sql_database db = sql_open("default", models);
  sql_create_all(db);
  sql_session session = sql_begin(db);
  sql_execute(sql_delete(session, "articles"), NULL);
  for (uint32_t from = 0; from < *written; from += FILL_BATCH) {
    const uint32_t left = (uint32_t)*written - from;
    insert(session, from, left < FILL_BATCH ? left : FILL_BATCH);
  }
  sql_commit(session);
  return SQL_FINISH(db, err);
}
