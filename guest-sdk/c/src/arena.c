/// Memory that is freed at once: blocks from which pieces are allocated.
#include "internal.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 2000, ALIGNMENT = 16 };

struct block {
  struct block *before;
  size_t size, used;
  _Alignas(ALIGNMENT) unsigned char bytes[];
};

static struct block *block_new(struct arena *arena, size_t size) {
  if (size > SIZE_MAX / 2) return NULL;
  const size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
  struct block *block = malloc(sizeof *block + room);
  if (block == NULL) return NULL;
  *block = (struct block){.before = arena->last, .size = room};
  arena->last = block;
  return block;
}

void *arena_take(struct arena *arena, size_t count, size_t size) {
  if (size != 0 && count > SIZE_MAX / 2 / size) {
    arena->exhausted = true;
    return NULL;
  }
  arena->taken += count * size;
  const size_t wanted = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  struct block *block = arena->last;
  if (block == NULL || block->size - block->used < wanted) block = block_new(arena, wanted);
  if (block == NULL) {
    arena->exhausted = true;
    return NULL;
  }
  void *piece = block->bytes + block->used;
  block->used += wanted;
  memset(piece, 0, wanted);
  return piece;
}

void *arena_copy(struct arena *arena, const void *data, size_t size) {
  void *copy = arena_take(arena, size, 1);
  if (copy != NULL && size > 0) memcpy(copy, data, size);
  return copy;
}

char *arena_text(struct arena *arena, const char *data, size_t size) {
  if (size == SIZE_MAX) return NULL;
  char *copy = arena_take(arena, size + 1, 1);
  if (copy != NULL && size > 0) memcpy(copy, data, size);
  return copy;
}

/// The length in bytes of the character at the start of a text; 0 where it is invalid.
static size_t character(const uint8_t *text, size_t size) {
  const uint8_t first = text[0];
  if (first < 0x80) return 1;
  const size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (first < 0xc2 || first > 0xf4 || size < length) return 0;
  for (size_t i = 1; i < length; i++) {
    if (text[i] >> 6 != 2) return 0;
  }
  // No overlong encodings, no surrogates, and nothing above U+10FFFF.
  if ((first == 0xe0 && text[1] < 0xa0) || (first == 0xed && text[1] > 0x9f)) return 0;
  if ((first == 0xf0 && text[1] < 0x90) || (first == 0xf4 && text[1] > 0x8f)) return 0;
  return length;
}

void arena_check(struct arena *arena, const void *text, size_t size) {
  const uint8_t *at = text;
  for (size_t left = size, step; left > 0 && !arena->malformed; at += step, left -= step) {
    uint64_t eight = 0;
    if (left >= sizeof eight) memcpy(&eight, at, sizeof eight);
    const bool plain = left >= sizeof eight && (eight & UINT64_C(0x8080808080808080)) == 0;
    step = plain ? sizeof eight : character(at, left);
    if (step == 0) arena->malformed = true;
  }
}

void arena_count(struct arena *arena, size_t count, size_t size) {
  arena->taken += (uint64_t)count * size;
}

bool arena_fits(const struct arena *arena, struct error *error) {
  // The host's own limit of a call is 64 MiB by default.
  const uint64_t most = 63U << 20;
  if (arena->exhausted) return error_set(error, "limit", "out of memory");
  if (arena->malformed) return error_set(error, "type-mismatch", "a text is not UTF-8");
  if (arena->taken > most)
    return error_set(error, "limit", "one call hands at most 63 MiB to the host: write in parts");
  return true;
}

plugin_string_t arena_string(struct arena *arena, const char *text) {
  const size_t size = text == NULL ? 0 : strlen(text);
  arena_check(arena, text, size);
  uint8_t *copy = arena_copy(arena, text, size);
  return (plugin_string_t){.ptr = copy, .len = copy == NULL ? 0 : size};
}

void *arena_grow(struct arena *arena, void *items, size_t count, size_t size) {
  // Full at each power of two from 4 on.
  if (count != 0 && (count < 4 || (count & (count - 1)) != 0)) return items;
  if (count > SIZE_MAX / 4) return NULL;
  void *larger = arena_take(arena, count < 4 ? 4 : count * 2, size);
  if (larger != NULL && count > 0) memcpy(larger, items, count * size);
  return larger;
}

static const char *skip_blanks(const char *text) {
  while (*text == ' ' || *text == '\n' || *text == '\t') text++;
  return text;
}

plugin_list_string_t arena_names(struct arena *arena, const char *names) {
  plugin_list_string_t list = {0};
  if (names == NULL || *skip_blanks(names) == 0) return list;
  for (const char *at = names; at != NULL;) {
    const char *start = skip_blanks(at);
    const char *comma = strchr(start, ',');
    const char *end = comma == NULL ? start + strlen(start) : comma;
    while (end > start && (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\t')) end--;
    list.ptr = arena_grow(arena, list.ptr, list.len, sizeof *list.ptr);
    if (list.ptr == NULL) return (plugin_list_string_t){0};
    const size_t size = (size_t)(end - start);
    arena_check(arena, start, size);
    list.ptr[list.len++] = (plugin_string_t){.ptr = arena_copy(arena, start, size), .len = size};
    at = comma == NULL ? NULL : comma + 1;
  }
  return arena->exhausted ? (plugin_list_string_t){0} : list;
}

void arena_free(struct arena *arena) {
  for (struct block *block = arena->last; block != NULL;) {
    struct block *before = block->before;
    free(block);
    block = before;
  }
  *arena = (struct arena){0};
}
