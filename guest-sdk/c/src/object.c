/// Objects of handles: a table of slots, each with the generation of its object, so that the handle
/// of a freed object is invalid.
///
/// A handle is 16 bits of slot, 16 of part and 32 of generation. Objects own their children.
#include "internal.h"

#include <stdlib.h>

struct slot {
  uint32_t generation;
  struct object *object;
};

static struct slot *slots;
static size_t slot_count;
static uint32_t generation;

enum { SLOTS_AT_MOST = 0x10000 };

static struct slot *slot_free(void) {
  for (size_t i = 0; i < slot_count; i++) {
    if (slots[i].object == NULL) return &slots[i];
  }
  if (slot_count >= SLOTS_AT_MOST) return NULL;
  const size_t wanted = slot_count == 0 ? 16 : slot_count * 2;
  struct slot *larger = realloc(slots, wanted * sizeof *slots);
  if (larger == NULL) return NULL;
  for (size_t i = slot_count; i < wanted; i++) larger[i] = (struct slot){0};
  struct slot *first = &larger[slot_count];
  slots = larger;
  slot_count = wanted;
  return first;
}

static void table_free_if_empty(void) {
  for (size_t i = 0; i < slot_count; i++) {
    if (slots[i].object != NULL) return;
  }
  free(slots);
  slots = NULL;
  slot_count = 0;
}

void *object_new(enum object_kind kind, size_t size, void *parent) {
  struct slot *slot = slot_free();
  struct object *object = slot == NULL ? NULL : calloc(1, size);
  if (object == NULL) {
    table_free_if_empty();
    return NULL;
  }
  if (++generation == 0) generation = 1;
  slot->generation = generation;
  slot->object = object;
  object->kind = kind;
  object->id = (uint64_t)generation << 32 | (uint64_t)(slot - slots);
  object->parent = parent;
  if (parent != NULL) {
    object->next = object->parent->child;
    if (object->next != NULL) object->next->previous = object;
    object->parent->child = object;
  }
  return object;
}

void *object_of(enum object_kind kind, uint64_t id) {
  const size_t at = (size_t)(id & 0xffff);
  if (at >= slot_count || slots[at].object == NULL || slots[at].generation != (uint32_t)(id >> 32)) return NULL;
  return slots[at].object->kind == kind ? slots[at].object : NULL;
}

static void object_drop(struct object *object) {
  switch (object->kind) {
    case OBJECT_DATABASE: database_drop(object); return;
    case OBJECT_SESSION: session_drop(object); return;
    case OBJECT_STATEMENT: statement_drop(object); return;
    case OBJECT_PREPARED: prepared_drop(object); return;
    case OBJECT_ROWS: rows_drop(object); return;
    case OBJECT_SAVEPOINT: savepoint_drop(object); return;
    case OBJECT_FLUSH: flush_drop(object); return;
    case OBJECT_LOAD: load_drop(object); return;
  }
}

void object_free(void *freed) {
  struct object *object = freed;
  // The tree has four levels at most: a database, its sessions, their objects, and rows of those.
  while (object->child != NULL) object_free(object->child);
  object_drop(object);
  if (object->previous != NULL)
    object->previous->next = object->next;
  else if (object->parent != NULL)
    object->parent->child = object->next;
  if (object->next != NULL) object->next->previous = object->previous;
  slots[object->id & 0xffff].object = NULL;
  if (object->parent == NULL) table_free_if_empty();
  free(object);
}

void *object_above(void *object, enum object_kind kind) {
  struct object *at = object;
  while (at != NULL && at->kind != kind) at = at->parent;
  return at;
}

uint64_t object_part(uint64_t id, uint32_t part) {
  return (id & ~(uint64_t)0xffff0000) | (uint64_t)part << 16;
}

uint32_t object_part_of(uint64_t id) {
  return (uint32_t)(id >> 16 & 0xffff);
}
