/// A host that is none: it answers what the tests say, counts handles, fails at a call, and checks what it is sent.
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugin.h"

/// How many calls were made, and which one fails; the memory request that fails likewise. SIZE_MAX fails none.
extern size_t host_calls, host_fails_at, host_requests, host_no_memory_at;
/// Handles that were given and not yet dropped.
extern long host_handles;
/// Pieces of memory that the SDK and the bindings have and did not free.
extern long host_memory;
/// Statements that were prepared, and those that were sent whole.
extern size_t host_prepared, host_sent;
/// Batches that a statement returns: the first at once, the others by its cursor.
extern size_t host_batches;
/// Rows of each batch, and a number from which its values are made.
extern uint32_t host_rows, host_seed;
/// What was sent last: nodes and kind of a statement.
extern size_t host_nodes;
/// Statements with a node that names one behind it, or none that is there.
extern size_t host_malformed;

void host_reset(void);
/// Whether this call fails.
bool host_refuses(sqlservice_database_errors_failure_t *failure);
/// What takes the place of the C library's functions in the SDK, and in the bindings.
void *test_malloc(size_t size);
void *test_calloc(size_t count, size_t size);
void *test_realloc(void *old, size_t size);
void test_free(void *memory);
void *bindings_malloc(size_t size);
void *bindings_realloc(void *old, size_t size);
/// The values of a batch's row: they are null, negative or long now and then.
int64_t host_integer(uint32_t batch, uint32_t row);
int host_null(uint32_t batch, uint32_t row);
size_t host_text(uint32_t batch, uint32_t row, char text[32]);

#endif
