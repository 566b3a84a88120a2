/// Objects and what they are related to, written by flushes and read by loads.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"

enum { COLUMNS = 32, OBJECTS = 64 };

/// The changes of a graph, in the order in which its objects are met.
typedef struct saved {
  sql_flush flush;
  uint32_t changes[OBJECTS];
  size_t count, told;
} saved;

/// A column that takes its value from the row of another change, or from a key that is known.
typedef struct reference {
  const char *column;
  uint32_t of_change;
  const sql_value *key;
} reference;

static uint32_t save(saved *saved, const char *table, const json *object, const reference *references, size_t count);

static void link_all(saved *saved, uint32_t change, const reference *references, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (references[i].key == NULL)
      sql_flush_link(saved->flush, change, 0, references[i].column, references[i].of_change, 0);
  }
}

/// Writes the pair of an association table.
static void save_pair(saved *saved, const char *through, reference owner, reference related) {
  const sql_value null = sql_null();
  const reference references[] = {owner, related};
  sql_data data[2];
  for (size_t i = 0; i < 2; i++) {
    data[i] = sql_data_values(references[i].column, references[i].key == NULL ? &null : references[i].key);
  }
  const uint32_t change = sql_flush_inserts(saved->flush, through, data, 2, 1, NULL);
  link_all(saved, change, references, 2);
}

/// Saves what a relationship has: behind the owner, whose change or key is known.
static void save_related(saved *saved, const char *table, const sql_entry *relationship, const json *related,
                         reference owner) {
  if (related->kind == JSON_NULL) return;
  const char *target = relationship->target;
  if (relationship->through == NULL) {
    owner.column = model_reference(target, table)->name;
    save(saved, target, related, &owner, 1);
    return;
  }
  owner.column = model_reference(relationship->through, table)->name;
  const reference other = {.column = model_reference(relationship->through, target)->name,
                           .of_change = save(saved, target, related, NULL, 0)};
  save_pair(saved, relationship->through, owner, other);
}

static const char *generated_key(const char *table) {
  const sql_entry *column = model_table(table);
  return column->by_default == SQL_GENERATED ? column->name : NULL;
}

static uint32_t save(saved *saved, const char *table, const json *object, const reference *references, size_t count) {
  sql_data data[COLUMNS];
  sql_value values[COLUMNS];
  char memory[COLUMNS][64];
  reference all[COLUMNS];
  size_t width = 0, linked = 0;
  for (; linked < count; linked++) all[linked] = references[linked];
  for (const json *member = object->first; member != NULL; member = member->next) {
    const sql_entry *one = model_relationship(table, member->name);
    if (one != NULL && !one->collection && member->kind == JSON_OBJECT) {
      all[linked++] = (reference){.column = model_reference(table, one->target)->name,
                                  .of_change = save(saved, one->target, member, NULL, 0)};
    }
    const sql_entry *column = model_column(table, member->name);
    if (one != NULL) continue;
    values[width] = value_in(member, column, memory[width], sizeof memory[width]);
    data[width] = sql_data_values(member->name, &values[width]);
    width++;
  }
  for (size_t i = 0; i < linked; i++, width++) {
    values[width] = all[i].key == NULL ? sql_null() : *all[i].key;
    data[width] = sql_data_values(all[i].column, &values[width]);
  }
  const char *key = json_get(object, "id") == NULL ? generated_key(table) : NULL;
  const uint32_t change = sql_flush_inserts(saved->flush, table, data, width, 1, key);
  if (saved->count == OBJECTS) abort();
  saved->changes[saved->count++] = change;
  link_all(saved, change, all, linked);
  for (const json *member = object->first; member != NULL; member = member->next) {
    const sql_entry *many = model_relationship(table, member->name);
    if (many == NULL || !many->collection) continue;
    for (const json *item = member->first; item != NULL; item = item->next) {
      save_related(saved, table, many, item, (reference){.of_change = change});
    }
  }
  return change;
}

/// Tells an object with the keys that the database made. The changes come in the order of `save`.
static sql_value tell(saved *saved, const char *table, const json *object, const char *reference, sql_value owner,
                      out *out) {
  bool first = true;
  const uint32_t change = saved->changes[saved->told++];
  char memory[64];
  sql_value key = value_in(json_get(object, "id"), NULL, memory, sizeof memory);
  if (json_get(object, "id") == NULL) {
    const sql_rows rows = sql_flush_rows(saved->flush, change);
    if (sql_width(rows) > 0 && sql_next(rows)) key = sql_get(rows, 0);
    sql_rows_close(rows);
  }
  out_text(out, "{");
  if (json_get(object, "id") == NULL) out_name(out, &first, "id"), value_out(out, key);
  if (reference != NULL) out_name(out, &first, reference), value_out(out, owner);
  for (const json *member = object->first; member != NULL; member = member->next) {
    const sql_entry *many = model_relationship(table, member->name);
    out_name(out, &first, member->name);
    if (many == NULL || member->kind == JSON_NULL) {
      value_out(out, value_in(member, model_column(table, member->name), memory, sizeof memory));
      continue;
    }
    const bool direct = many->through == NULL && many->collection;
    const char *child = direct ? model_reference(many->target, table)->name : NULL;
    if (!many->collection) {
      tell(saved, many->target, member, NULL, key, out);
      continue;
    }
    out_text(out, "[");
    for (const json *item = member->first; item != NULL; item = item->next) {
      if (item != member->first) out_text(out, ",");
      tell(saved, many->target, item, child, key, out);
    }
    out_text(out, "]");
  }
  out_text(out, "}");
  return key;
}

void step_save(sql_session session, const json *step, out *out) {
  saved saved = {.flush = sql_flush_of(session)};
  save(&saved, json_text(step, "model"), json_get(step, "object"), NULL, 0);
  if (sql_flush_run(saved.flush)) {
    out_text(out, "\"object\":");
    tell(&saved, json_text(step, "model"), json_get(step, "object"), NULL, sql_null(), out);
  }
  sql_flush_close(saved.flush);
}

/// A select of all columns of a table, in the declared order.
static sql_query all_of(sql_session session, const char *table) {
  const sql_query query = sql_select(session);
  sql_from(query, table, NULL);
  for (const sql_entry *entry = model_table(table); entry < model_end() && entry->entry != SQL_ENTRY_TABLE; entry++) {
    if (entry->entry == SQL_ENTRY_COLUMN) sql_column(query, sql_col(query, entry->name), NULL);
  }
  return query;
}

/// Rows that were loaded, all of them.
typedef struct loaded {
  const char *path, *name, *owner;
  const sql_entry *relationship;
  uint32_t load;
  sql_rows rows;
  size_t width, height;
  sql_value *cells;
} loaded;

static void read_all(loaded *loaded) {
  loaded->width = sql_width(loaded->rows);
  size_t room = 0;
  while (sql_next(loaded->rows)) {
    if (loaded->height == room) {
      room = room * 2 + 8;
      loaded->cells = realloc(loaded->cells, room * loaded->width * sizeof *loaded->cells);
      if (loaded->cells == NULL) abort();
    }
    for (size_t i = 0; i < loaded->width; i++)
      loaded->cells[loaded->height * loaded->width + i] = sql_get(loaded->rows, i);
    loaded->height++;
  }
}

static size_t column_at(const char *table, const char *column) {
  size_t at = 0;
  for (const sql_entry *entry = model_table(table); entry < model_end() && entry->entry == SQL_ENTRY_COLUMN;
       entry++, at++) {
    if (strcmp(entry->name, column) == 0) return at;
  }
  return 0;
}

/// Whether a row belongs to the row of the owner. Rows through another table have its columns before theirs.
static bool belongs(const loaded *of, const sql_value *row, const sql_value *owner) {
  const sql_entry *relationship = of->relationship;
  if (relationship->through != NULL) return row[0].as.integer == owner[column_at(of->owner, "id")].as.integer;
  if (relationship->collection) {
    const char *column = model_reference(relationship->target, of->owner)->name;
    return row[column_at(relationship->target, column)].as.integer == owner[column_at(of->owner, "id")].as.integer;
  }
  const sql_value key = owner[column_at(of->owner, model_reference(of->owner, relationship->target)->name)];
  return key.kind != SQL_KIND_NULL && key.as.integer == row[column_at(relationship->target, "id")].as.integer;
}

static void object_out(const loaded *all, size_t count, const char *path, const char *table, const sql_value *row,
                       out *out) {
  bool first = true;
  size_t at = 0;
  out_text(out, "{");
  for (const sql_entry *entry = model_table(table); entry < model_end() && entry->entry == SQL_ENTRY_COLUMN; entry++) {
    out_name(out, &first, entry->name);
    value_out(out, row[at++]);
  }
  for (size_t i = 1; i < count; i++) {
    const loaded *of = &all[i];
    const size_t prefix = (size_t)(of->name - of->path);
    const bool mine = prefix == (path[0] == 0 ? 0 : strlen(path) + 1) && strncmp(of->path, path, strlen(path)) == 0;
    if (!mine) continue;
    const bool collection = of->relationship->collection;
    const size_t skipped = of->relationship->through == NULL ? 0 : 1;
    bool any = false;
    out_name(out, &first, of->name);
    if (collection) out_text(out, "[");
    for (size_t r = 0; r < of->height; r++) {
      const sql_value *related = of->cells + r * of->width;
      if (!belongs(of, related, row)) continue;
      if (any) out_text(out, ",");
      any = true;
      object_out(all, count, of->path, of->relationship->target, related + skipped, out);
    }
    if (collection)
      out_text(out, "]");
    else if (!any)
      out_text(out, "null");
  }
  out_text(out, "}");
}

/// The table at the end of a path, and the load of it.
static loaded path_of(const char *table, const char *path, const loaded *all, size_t count) {
  loaded found = {.path = path, .owner = table, .load = SQL_ROOT};
  const char *dot = strrchr(path, '.');
  found.name = dot == NULL ? path : dot + 1;
  for (size_t i = 1; dot != NULL && i < count; i++) {
    if (strlen(all[i].path) == (size_t)(dot - path) && strncmp(all[i].path, path, (size_t)(dot - path)) == 0) {
      found.owner = all[i].relationship->target;
      found.load = all[i].load;
    }
  }
  found.relationship = model_relationship(found.owner, found.name);
  return found;
}

void step_load(sql_session session, const json *step, out *out) {
  const char *table = json_text(step, "model");
  const sql_query query = all_of(session, table);
  const json *with = json_get(step, "with");
  if (json_get(step, "where") != NULL) sql_where(query, expression_of(query, json_get(step, "where")));
  order_by(query, json_get(step, "order by"));
  const sql_load load = sql_load_query(table, query);
  loaded all[OBJECTS] = {{.path = "", .name = "", .load = SQL_ROOT}};
  size_t count = 1;
  for (const json *path = with == NULL ? NULL : with->first; path != NULL && count < OBJECTS; path = path->next) {
    all[count] = path_of(table, path->text, all, count);
    all[count].load = sql_load_with(load, all[count].load, all[count].name, false);
    count++;
  }
  sql_load_run(load);
  for (size_t i = 0; i < count; i++) {
    all[i].rows = sql_load_rows(load, all[i].load);
    read_all(&all[i]);
  }
  out_text(out, "\"objects\":[");
  for (size_t r = 0; r < all[0].height; r++) {
    if (r > 0) out_text(out, ",");
    object_out(all, count, "", table, all[0].cells + r * all[0].width, out);
  }
  out_text(out, "]");
  for (size_t i = 0; i < count; i++) free(all[i].cells);
  sql_load_close(load);
}

/// Reads the object of a key; `version` gets its version, where the table has one.
static bool object_is_there(sql_session session, const char *table, sql_value key, sql_value *version) {
  const char *column = model_table(table)[-1].version;
  const sql_query query = sql_select(session);
  sql_columns(query, column == NULL ? "id" : column);
  sql_from(query, table, NULL);
  sql_where(query, sql_equals(query, "id", key));
  const sql_rows rows = sql_fetch(query);
  const bool there = sql_only(rows);
  if (there && column != NULL) *version = sql_get(rows, 0);
  return sql_rows_close(rows) && there;
}

static void set_columns(sql_flush flush, const char *table, sql_value key, sql_value version, const json *set) {
  sql_data data[COLUMNS];
  sql_value values[COLUMNS];
  char memory[COLUMNS][64];
  size_t width = 0;
  for (const json *member = set->first; member != NULL && width < COLUMNS; member = member->next, width++) {
    values[width] = value_in(member, model_column(table, member->name), memory[width], sizeof memory[width]);
    data[width] = sql_data_values(member->name, &values[width]);
  }
  const sql_data keys = sql_data_values("id", &key);
  const uint32_t change = sql_flush_updates(flush, table, &keys, 1, data, width, 1, NULL);
  const char *column = model_table(table)[-1].version;
  if (column != NULL) sql_flush_versions(flush, change, sql_data_values(column, &version));
}

static void add_related(saved *saved, const char *table, const sql_value *key, const json *added) {
  for (const json *member = added->first; member != NULL; member = member->next) {
    const sql_entry *relationship = model_relationship(table, member->name);
    for (const json *item = member->first; item != NULL; item = item->next) {
      save_related(saved, table, relationship, item, (reference){.key = key});
    }
  }
}

/// Takes rows away: orphans are deleted, and so are pairs.
static void remove_related(sql_flush flush, const char *table, sql_value owner, const json *removed) {
  for (const json *member = removed->first; member != NULL; member = member->next) {
    const sql_entry *relationship = model_relationship(table, member->name);
    for (const json *item = member->first; item != NULL; item = item->next) {
      const sql_value key = value_in(item, NULL, NULL, 0);
      const sql_data pair[] = {sql_data_values("owner", &owner), sql_data_values("related", &key)};
      const sql_data one = sql_data_values("id", &key);
      if (relationship->through != NULL)
        sql_flush_deletes(flush, relationship->through, pair, 2, 1, true);
      else
        sql_flush_deletes(flush, relationship->target, &one, 1, 1, true);
    }
  }
}

void step_change(sql_session session, const json *step) {
  const char *table = json_text(step, "model");
  const sql_value key = value_in(json_get(step, "key"), NULL, NULL, 0);
  sql_value version = sql_null();
  if (!object_is_there(session, table, key, &version)) return;
  saved saved = {.flush = sql_flush_of(session)};
  if (json_get(step, "set") != NULL) set_columns(saved.flush, table, key, version, json_get(step, "set"));
  if (json_get(step, "add") != NULL) add_related(&saved, table, &key, json_get(step, "add"));
  if (json_get(step, "remove") != NULL) remove_related(saved.flush, table, key, json_get(step, "remove"));
  sql_flush_run(saved.flush);
  sql_flush_close(saved.flush);
}

void step_remove(sql_session session, const json *step) {
  const char *table = json_text(step, "model");
  const sql_value key = value_in(json_get(step, "key"), NULL, NULL, 0);
  sql_value version = sql_null();
  if (!object_is_there(session, table, key, &version)) return;
  const sql_flush flush = sql_flush_of(session);
  const sql_data keys = sql_data_values("id", &key);
  const uint32_t change = sql_flush_deletes(flush, table, &keys, 1, 1, true);
  const char *column = model_table(table)[-1].version;
  if (column != NULL) sql_flush_versions(flush, change, sql_data_values(column, &version));
  sql_flush_run(flush);
  sql_flush_close(flush);
}
