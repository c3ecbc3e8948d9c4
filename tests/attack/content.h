/* Payloads that prove themselves, in whatever language they are written, and a store's calls on them. */
#ifndef CONTENT_H
#define CONTENT_H

#include "dishtayantra_lmdb.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How far the attacked store may grow. */
#define MAP_SIZE (64u << 20)

/* No such entry; an entry whose bytes are wrong; an error. */
enum { ABSENT = -1, WRONG = -2, FAILED = -3 };

/* The words of a payload: its tag, its size, then words that follow from the tag and their place. */
void content_fill(void *bytes, size_t size, uint64_t tag);
/* The tag; WRONG. */
int64_t content_tag(const void *bytes, size_t size);

dy_lmdb_status_t store_open(const char *path, uint32_t flags, uint32_t durability, dy_lmdb_store_t **store);
dy_lmdb_status_t store_put(dy_lmdb_store_t *store, const char *key, size_t size, uint64_t tag, uint64_t ttl_ms);
/* The tag of what is under a key; ABSENT, WRONG, FAILED. */
int64_t store_tag(dy_lmdb_store_t *store, const char *key);
/* What an audit counts under a name ("loans", "pins"), after a sweep; FAILED. */
int64_t store_audit(dy_lmdb_store_t *store, const char *name);

/* Descriptors of this process, and maps of a store's files. */
int open_files(void);
int store_maps(void);
/* Seconds of a clock that only goes forward. */
double now(void);

#endif
