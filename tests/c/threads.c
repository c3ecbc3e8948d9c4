/* One handle used by several threads at once, while another one closes it. */
#include "check.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4
#define ROUNDS 150
#define KEYS 3
#define LARGE 40000

typedef struct part_t {
    dy_lmdb_store_t *store;
    int number;
    int rounds;
    int closed;
} part_t;

static dy_lmdb_buffer_t part_of(const void *data, size_t size) {
    dy_lmdb_buffer_t part;
    part.data = data;
    part.size = size;
    return part;
}

/* All bytes of a payload are the same, whoever wrote it. */
static void look(const dy_lmdb_view_t *view) {
    const void *data = NULL;
    const unsigned char *bytes;
    size_t size = 0, i;
    EXPECT_OK(dy_lmdb_view_data(view, &data, &size));
    bytes = (const unsigned char *)data;
    for (i = 0; i < size; i++) EXPECT(bytes[i] == bytes[0]);
}

/* Puts, lends, views, deletes and waits; ends when the handle is closed, or after so many rounds. */
static void *work(void *argument) {
    part_t *part = (part_t *)argument;
    unsigned char *payload = (unsigned char *)malloc(LARGE);
    dy_lmdb_status_t status = DY_LMDB_OK;
    int i;
    for (i = 0; i < part->rounds && status != DY_LMDB_CLOSED; i++) {
        char key[16];
        size_t length = (size_t)snprintf(key, sizeof key, "k%d", (i + part->number) % KEYS);
        size_t size = i % 3 == 0 ? 100 : LARGE;
        dy_lmdb_view_t *view = NULL;
        dy_lmdb_buffer_t bytes;
        memset(payload, i + part->number, size);
        bytes = part_of(payload, size);
        status = dy_lmdb_store_put(part->store, NOTHING, key, length, &bytes, 1, NULL, NULL);
        EXPECT(status == DY_LMDB_OK || status == DY_LMDB_CLOSED);
        status = dy_lmdb_view_open(part->store, NOTHING, key, length, 0, &view, NULL);
        EXPECT(status == DY_LMDB_OK || status == DY_LMDB_CLOSED || status == DY_LMDB_NOT_FOUND);
        if (status == DY_LMDB_OK) {
            look(view);
            EXPECT_OK(dy_lmdb_view_close(view));
        }
        if (i % 7 == part->number) {
            status = dy_lmdb_store_delete(part->store, NOTHING, key, length, NULL);
            EXPECT(status == DY_LMDB_OK || status == DY_LMDB_CLOSED || status == DY_LMDB_NOT_FOUND);
        }
        if (i % 11 == part->number) {
            status = dy_lmdb_store_wait(part->store, NOTHING, key, length, 1);
            EXPECT(status == DY_LMDB_OK || status == DY_LMDB_CLOSED || status == DY_LMDB_TIMEOUT);
        }
    }
    part->closed = status == DY_LMDB_CLOSED;
    free(payload);
    return NULL;
}

static void start(dy_lmdb_store_t *store, pthread_t *threads, part_t *parts, int rounds) {
    int i;
    for (i = 0; i < THREADS; i++) {
        parts[i].store = store;
        parts[i].number = i;
        parts[i].rounds = rounds;
        parts[i].closed = 0;
        EXPECT(pthread_create(&threads[i], NULL, work, &parts[i]) == 0);
    }
}

static void test_threads_share_a_handle(void) {
    dy_lmdb_store_t *store = check_store();
    pthread_t threads[THREADS];
    part_t parts[THREADS];
    dy_lmdb_bytes_t *report = NULL;
    int i;
    start(store, threads, parts, ROUNDS);
    for (i = 0; i < THREADS; i++) EXPECT(pthread_join(threads[i], NULL) == 0 && !parts[i].closed);
    EXPECT_OK(dy_lmdb_store_audit(store, &report));
    EXPECT_BLOCK_HOLDS(report, "\"faults\":[]");
    EXPECT_OK(dy_lmdb_store_close(store));
}

static void test_a_handle_is_closed_under_threads(void) {
    dy_lmdb_store_t *other = check_store();
    int round, i;
    for (round = 0; round < 10; round++) {
        dy_lmdb_store_t *store = check_store();
        pthread_t threads[THREADS];
        part_t parts[THREADS];
        start(store, threads, parts, INT_MAX);
        check_put(other, "meanwhile", "by another handle");
        EXPECT_OK(dy_lmdb_store_close(store));
        for (i = 0; i < THREADS; i++) EXPECT(pthread_join(threads[i], NULL) == 0 && parts[i].closed);
    }
    EXPECT_OK(dy_lmdb_store_close(other));
}

static const check_case_t cases[] = {
    {"test_threads_share_a_handle", test_threads_share_a_handle},
    {"test_a_handle_is_closed_under_threads", test_a_handle_is_closed_under_threads},
};

int main(int argc, char **argv) {
    (void)argc;
    return check_run(argv[0], cases, sizeof cases / sizeof cases[0]);
}
