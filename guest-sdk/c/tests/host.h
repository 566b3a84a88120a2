/// A mock host: it returns values that the tests set, counts handles, fails at a chosen call, and
/// checks its arguments.
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugin.h"

/// The number of calls so far, and the index of the call that fails; likewise for allocations.
/// SIZE_MAX fails none.
extern size_t host_calls, host_fails_at, host_requests, host_no_memory_at;
/// Handles that were returned and not yet dropped.
extern long host_handles;
/// Allocations of the SDK and the bindings that are not yet freed.
extern long host_memory;
/// The number of statements that were prepared, and of those that were executed unprepared.
extern size_t host_prepared, host_sent;
/// Batches that a statement returns: the first in the result, the others by its cursor.
extern size_t host_batches;
/// The number of rows of each batch, and the seed of its values.
extern uint32_t host_rows, host_seed;
/// The number of nodes of the last statement.
extern size_t host_nodes;
/// The number of statements with a node that refers to a later node or to none.
extern size_t host_malformed;

void host_reset(void);
/// Whether this call fails.
bool host_refuses(sqlservice_database_errors_failure_t *failure);
/// Replacements of the C library's functions in the SDK, and in the bindings.
void *test_malloc(size_t size);
void *test_calloc(size_t count, size_t size);
void *test_realloc(void *old, size_t size);
void test_free(void *memory);
void *bindings_malloc(size_t size);
void *bindings_realloc(void *old, size_t size);
/// The values of a batch's row; some are null, negative or long.
int64_t host_integer(uint32_t batch, uint32_t row);
int host_null(uint32_t batch, uint32_t row);
size_t host_text(uint32_t batch, uint32_t row, char text[32]);

#endif
