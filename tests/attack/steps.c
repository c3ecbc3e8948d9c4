#define _GNU_SOURCE
#include "steps.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define STEP_FUNCTION(name) \
    static dy_lmdb_status_t name(dy_lmdb_store_t **store, const char *path, uint32_t durability, uint64_t tag)
#define UNUSED (void)store, (void)path, (void)durability, (void)tag

const seed_t SEEDS[] = {{"s0", 100},    {"s1", 700},     {"s2", 1500},    {"s3", 1800},   {"m0", 5000},
                        {"m1", 20000},  {"m2", 60000},   {"m3", 60000},   {"m4", 130000}, {"l0", 200000},
                        {"l1", 700000}, {"l2", 700000},  {"l3", 1500000}, {"b0", 100},    {"b1", 1000},
                        {"b2", 5000},   {"b3", 30000},   {"b4", 150000},  {"b5", 400000}};
const size_t SEED_COUNT = COUNT(SEEDS);

STEP_FUNCTION(open_it) {
    (void)tag;
    return store_open(path, DY_LMDB_OPEN_NO_SWEEPER, durability, store);
}

STEP_FUNCTION(close_it) {
    UNUSED;
    dy_lmdb_store_t *closing = *store;
    *store = NULL;
    return dy_lmdb_store_close(closing);
}

#define PUT(name, key, size, ttl_ms) \
    STEP_FUNCTION(name) { \
        UNUSED; \
        return store_put(*store, key, size, tag, ttl_ms); \
    }
PUT(put_inline, "s1", 900, 0)
PUT(put_expiring, "s1", 900, 60000)
PUT(put_extent, "m2", 60000, 0)
PUT(put_two_phase, "l1", 700000, 0)
PUT(put_new_arena, "l1", 6000000, 0)
PUT(put_smaller, "l3", 30000, 0)

STEP_FUNCTION(put_database) {
    UNUSED;
    char name[24], bytes[200];
    snprintf(name, sizeof name, "db%d", (int)(tag % 60));
    content_fill(bytes, sizeof bytes, tag);
    dy_lmdb_buffer_t part = {bytes, sizeof bytes};
    return dy_lmdb_store_put(*store, name, strlen(name), "x", 1, &part, 1, NULL, NULL);
}

static dy_lmdb_status_t lend(dy_lmdb_store_t *store, const char *key, size_t size, uint64_t tag, bool publish) {
    dy_lmdb_loan_t *loan;
    dy_lmdb_status_t status = dy_lmdb_loan_open(store, size, &loan);
    if (status != DY_LMDB_OK) {
        return status;
    }
    void *bytes;
    size_t room;
    dy_lmdb_loan_data(loan, &bytes, &room);
    content_fill(bytes, size, tag);
    if (publish) {
        dy_lmdb_put_options_t options;
        dy_lmdb_put_options_default(&options);
        options.ttl_ms = 0;
        status = dy_lmdb_loan_publish(loan, NULL, 0, key, strlen(key), size, &options, NULL);
    }
    dy_lmdb_loan_drop(loan);
    return status;
}

STEP_FUNCTION(loan) {
    UNUSED;
    return lend(*store, "l2", 700000, tag, true);
}

STEP_FUNCTION(loan_kept) {
    UNUSED;
    dy_lmdb_status_t status = DY_LMDB_OK;
    for (int i = 0; i < 4 && status == DY_LMDB_OK; i++) {
        status = lend(*store, "m3", 60000, tag, true);
    }
    return status;
}

STEP_FUNCTION(loan_dropped) {
    UNUSED;
    return lend(*store, "l2", 700000, tag, false);
}

STEP_FUNCTION(batch) {
    UNUSED;
    dy_lmdb_entry_t entries[6];
    dy_lmdb_buffer_t parts[6];
    dy_lmdb_put_options_t options;
    dy_lmdb_put_options_default(&options);
    options.ttl_ms = 0;
    const seed_t *seeds = SEEDS + SEED_COUNT - 6;
    for (int i = 0; i < 6; i++) {
        void *bytes = malloc(seeds[i].size);
        content_fill(bytes, seeds[i].size, tag);
        parts[i] = (dy_lmdb_buffer_t){bytes, seeds[i].size};
        entries[i] = (dy_lmdb_entry_t){seeds[i].key, 2, &parts[i], 1, &options};
    }
    dy_lmdb_status_t status = dy_lmdb_store_put_many(*store, NULL, 0, entries, 6);
    for (int i = 0; i < 6; i++) {
        free((void *)parts[i].data);
    }
    return status;
}

STEP_FUNCTION(delete_it) {
    UNUSED;
    bool deleted;
    return dy_lmdb_store_delete(*store, NULL, 0, "l0", 2, &deleted);
}

STEP_FUNCTION(touch) {
    UNUSED;
    bool touched;
    return dy_lmdb_store_touch(*store, NULL, 0, "m1", 2, 90000, &touched);
}

STEP_FUNCTION(sweep) {
    UNUSED;
    uint64_t removed;
    return dy_lmdb_store_sweep(*store, &removed);
}

STEP_FUNCTION(views) {
    UNUSED;
    dy_lmdb_view_t *views[70];
    dy_lmdb_status_t status = DY_LMDB_OK;
    int open = 0;
    while (open < 70 && status == DY_LMDB_OK) {
        status = dy_lmdb_view_open(*store, NULL, 0, "l1", 2, 0, &views[open], NULL);
        open += status == DY_LMDB_OK;
    }
    while (open > 0) {
        dy_lmdb_view_close(views[--open]);
    }
    return status;
}

STEP_FUNCTION(wait_for) {
    UNUSED;
    dy_lmdb_status_t status = dy_lmdb_store_wait(*store, NULL, 0, "never", 5, 20);
    return status == DY_LMDB_TIMEOUT ? DY_LMDB_OK : status;
}

STEP_FUNCTION(statistics) {
    UNUSED;
    dy_lmdb_bytes_t *block;
    dy_lmdb_status_t status = dy_lmdb_store_stats(*store, &block);
    if (status == DY_LMDB_OK) {
        dy_lmdb_bytes_free(block);
    }
    return status;
}

STEP_FUNCTION(audit) {
    UNUSED;
    dy_lmdb_bytes_t *block;
    dy_lmdb_status_t status = dy_lmdb_store_audit(*store, &block);
    if (status == DY_LMDB_OK) {
        dy_lmdb_bytes_free(block);
    }
    return status;
}

/* The thread begins with the put, and removes the entry. */
STEP_FUNCTION(sweeper) {
    UNUSED;
    dy_lmdb_status_t status = store_put(*store, "brief", 40000, tag, 5);
    usleep(40000);
    return status;
}

const step_t STEPS[] = {
    {.name = "create", .run = open_it, .opens = true, .creates = true},
    {.name = "open", .run = open_it, .opens = true},
    {.name = "open after a death", .run = open_it, .opens = true, .after_death = true},
    {.name = "close", .run = close_it},
    {.name = "put, inline", .run = put_inline, .keys = {"s1"}},
    {.name = "put, expiring", .run = put_expiring, .keys = {"s1"}},
    {.name = "put, one transaction", .run = put_extent, .keys = {"m2"}},
    {.name = "put, two transactions", .run = put_two_phase, .keys = {"l1"}},
    {.name = "put, new arena", .run = put_new_arena, .keys = {"l1"}},
    {.name = "put, smaller", .run = put_smaller, .keys = {"l3"}},
    {.name = "put, new database", .run = put_database},
    {.name = "batch", .run = batch, .keys = {"b0", "b1", "b2", "b3", "b4", "b5"}},
    {.name = "loan, published", .run = loan, .keys = {"l2"}},
    {.name = "loan, kept extents", .run = loan_kept, .keys = {"m3"}},
    {.name = "loan, dropped", .run = loan_dropped},
    {.name = "delete", .run = delete_it, .keys = {"-l0"}},
    {.name = "touch", .run = touch},
    {.name = "sweep", .run = sweep, .after_expiry = true},
    {.name = "sweeper", .run = sweeper},
    {.name = "view", .run = views},
    {.name = "wait", .run = wait_for},
    {.name = "stats", .run = statistics},
    {.name = "audit", .run = audit},
};
const size_t STEP_COUNT = COUNT(STEPS);

void die_holding(const char *path, uint32_t durability) {
    dy_lmdb_store_t *store;
    if (store_open(path, DY_LMDB_OPEN_NO_SWEEPER, durability, &store) == DY_LMDB_OK) {
        dy_lmdb_view_t *view;
        dy_lmdb_loan_t *lent;
        for (int i = 0; i < 5; i++) {
            dy_lmdb_view_open(store, NULL, 0, "l1", 2, 0, &view, NULL);
        }
        for (int i = 0; i < 20; i++) {
            dy_lmdb_loan_open(store, 100000, &lent);
        }
        store_put(store, "brief", 5000, 1, 1);
    }
    kill(getpid(), SIGKILL);
}

void put_expired(dy_lmdb_store_t *store) {
    for (int i = 0; i < 30; i++) {
        char key[8];
        snprintf(key, sizeof key, "t%d", i);
        store_put(store, key, i % 3 ? 500 : 50000, 5, 1);
    }
    usleep(3000);
}
