/* Waiting for any of several keys, and messages of the library. */
#include "api.h"

#include "check.h"

#include <string.h>

void test_watch_tells_what_is_there(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_watch_t *watch = NULL;
    uint64_t ids[2] = {99, 99};
    size_t count = 77;
    EXPECT_OK(dy_lmdb_watch_new(&watch));
    EXPECT_FAILS(DY_LMDB_TIMEOUT, dy_lmdb_watch_wait(watch, 0, ids, 2, &count));
    EXPECT_OK(dy_lmdb_watch_add(watch, store, NOTHING, TEXT("a"), 1));
    EXPECT_OK(dy_lmdb_watch_add(watch, store, NOTHING, TEXT("b"), 2));
    EXPECT_OK(dy_lmdb_watch_add(watch, store, TEXT("other"), TEXT("a"), 3));
    EXPECT_FAILS(DY_LMDB_TIMEOUT, dy_lmdb_watch_wait(watch, 10, ids, 2, &count));
    EXPECT_SAYS("within 10 ms");
    EXPECT(count == 77 && ids[0] == 99);
    check_put(store, "b", "x");
    EXPECT_OK(dy_lmdb_watch_wait(watch, -1, ids, 2, &count));
    EXPECT(count == 1 && ids[0] == 2);
    EXPECT_FAILS(DY_LMDB_TIMEOUT, dy_lmdb_watch_wait(watch, 0, ids, 2, &count));
    /* What is there already is told too, and what does not fit stays. */
    EXPECT_OK(dy_lmdb_watch_add(watch, store, NOTHING, TEXT("b"), 4));
    EXPECT_OK(dy_lmdb_watch_add(watch, store, NOTHING, TEXT("b"), 5));
    EXPECT_OK(dy_lmdb_watch_wait(watch, 0, ids, 1, &count));
    EXPECT(count == 1 && ids[0] == 4);
    EXPECT_OK(dy_lmdb_watch_wait(watch, 0, ids, 2, &count));
    EXPECT(count == 1 && ids[0] == 5);
    check_put(store, "a", "x");
    EXPECT_OK(dy_lmdb_watch_remove(watch, 1));
    EXPECT_OK(dy_lmdb_watch_remove(watch, 1));
    EXPECT_FAILS(DY_LMDB_TIMEOUT, dy_lmdb_watch_wait(watch, 0, ids, 2, &count));
    EXPECT_OK(dy_lmdb_watch_cancel(watch));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_watch_wait(watch, -1, ids, 2, &count));
    EXPECT_SAYS("cancelled");
    dy_lmdb_watch_free(watch);
    dy_lmdb_watch_free(NULL);
    EXPECT_OK(dy_lmdb_store_close(store));
}

void test_watch_errors(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_watch_t *watch = NULL;
    uint64_t id = 0;
    size_t count = 0;
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_watch_new(NULL));
    EXPECT_OK(dy_lmdb_watch_new(&watch));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_watch_add(NULL, store, NOTHING, TEXT("a"), 1));
    EXPECT_SAYS("watch is NULL");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_watch_add(watch, NULL, NOTHING, TEXT("a"), 1));
    EXPECT_FAILS(DY_LMDB_BAD_KEY, dy_lmdb_watch_add(watch, store, NOTHING, NOTHING, 1));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_watch_remove(NULL, 1));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_watch_cancel(NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_watch_wait(NULL, 0, &id, 1, &count));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_watch_wait(watch, 0, NULL, 1, &count));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_watch_wait(watch, 0, &id, 0, &count));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_watch_wait(watch, 0, &id, 1, NULL));
    /* A watch keeps the store of its keys open. */
    EXPECT_OK(dy_lmdb_watch_add(watch, store, NOTHING, TEXT("a"), 1));
    EXPECT_OK(dy_lmdb_store_close(store));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_watch_add(watch, store, NOTHING, TEXT("b"), 2));
    EXPECT_FAILS(DY_LMDB_TIMEOUT, dy_lmdb_watch_wait(watch, 0, &id, 1, &count));
    dy_lmdb_watch_free(watch);
}

struct heard {
    int warnings, others;
    char last[400];
};

static void hear(void *context, uint32_t level, const char *message, size_t size) {
    struct heard *heard = (struct heard *)context;
    if (level == DY_LMDB_LOG_WARN) {
        heard->warnings++;
    } else {
        heard->others++;
    }
    size = size < sizeof heard->last - 1 ? size : sizeof heard->last - 1;
    memcpy(heard->last, message, size);
    heard->last[size] = '\0';
}

void test_log(void) {
    static struct heard heard;
    dy_lmdb_bytes_t *block = NULL;
    dy_lmdb_store_t *store = NULL;
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_log_set(0, hear, &heard));
    EXPECT_SAYS("level is 0");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_log_set(5, hear, &heard));
    EXPECT_OK(dy_lmdb_log_set(DY_LMDB_LOG_WARN, hear, &heard));
    EXPECT_OK(dy_lmdb_config_parse(TEXT("{\"lmdb_min_sise\": 1}"), &block));
    dy_lmdb_bytes_free(block);
    EXPECT(heard.warnings == 1 && strstr(heard.last, "lmdb_min_size") != NULL);
    /* Who takes warnings gets it as before. */
    EXPECT_OK(dy_lmdb_warnings_take(&block));
    EXPECT_BLOCK_HOLDS(block, "lmdb_min_size");
    EXPECT_OK(dy_lmdb_store_close(check_store()));
    EXPECT(heard.others == 0);
    EXPECT_OK(dy_lmdb_log_set(DY_LMDB_LOG_DEBUG, hear, &heard));
    store = check_store();
    EXPECT(heard.others == 1 && strstr(heard.last, "opened the store") != NULL);
    EXPECT_OK(dy_lmdb_log_set(DY_LMDB_LOG_DEBUG, NULL, NULL));
    EXPECT_OK(dy_lmdb_store_close(store));
    EXPECT(heard.others == 1);
}
