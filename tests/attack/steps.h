/* What a store is attacked in the middle of. */
#ifndef STEPS_H
#define STEPS_H

#include "content.h"

typedef struct step_t {
    const char *name;
    /* The call; a step that opens or closes changes `store`. */
    dy_lmdb_status_t (*run)(dy_lmdb_store_t **store, const char *path, uint32_t durability, uint64_t tag);
    /* Keys that hold the tag once it was run; "-k": the key is gone; those with one letter belong together. */
    const char *keys[7];
    /* It begins with no store open; with none at all; with a dead process's leavings; with entries that have expired. */
    bool opens, creates, after_death, after_expiry;
} step_t;

extern const step_t STEPS[];
extern const size_t STEP_COUNT;

/* The entries that are there before, and their sizes. */
typedef struct seed_t {
    const char *key;
    size_t size;
} seed_t;
extern const seed_t SEEDS[];
extern const size_t SEED_COUNT;

/* A process with views, loans and an expired entry that ends without closing anything. */
void die_holding(const char *path, uint32_t durability);
/* Entries that have expired. */
void put_expired(dy_lmdb_store_t *store);

#endif
