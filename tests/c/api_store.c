#include "api.h"
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void test_store_open_and_path(void) {
    const char *directory = check_directory();
    dy_lmdb_store_t *store = NULL;
    dy_lmdb_store_t *again = NULL;
    dy_lmdb_bytes_t *path = NULL;
    dy_lmdb_bytes_t *id = NULL;
    dy_lmdb_bytes_t *same = NULL;
    bool present = false;
    EXPECT_OK(dy_lmdb_store_open(directory, strlen(directory), NULL, &store));
    EXPECT_OK(dy_lmdb_store_path(store, &path));
    EXPECT_BLOCK(path, directory);
    EXPECT_OK(dy_lmdb_store_id(store, &id));
    EXPECT(dy_lmdb_bytes_size(id) == 32);

    EXPECT_OK(dy_lmdb_store_open(directory, strlen(directory), NULL, &again));
    EXPECT(again != store);
    EXPECT_OK(dy_lmdb_store_id(again, &same));
    EXPECT(memcmp(dy_lmdb_bytes_data(id), dy_lmdb_bytes_data(same), 32) == 0);
    dy_lmdb_bytes_free(id);
    dy_lmdb_bytes_free(same);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_id(store, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_id(NULL, &id));
    check_put(store, "k", "v");
    EXPECT_OK(dy_lmdb_store_close(store));
    EXPECT_OK(dy_lmdb_store_contains(again, NOTHING, TEXT("k"), &present));
    EXPECT(present);
    EXPECT_OK(dy_lmdb_store_close(again));

    store = NULL;
    EXPECT_OK(dy_lmdb_store_open(directory, strlen(directory), NULL, &store));
    present = false;
    EXPECT_OK(dy_lmdb_store_contains(store, NOTHING, TEXT("k"), &present));
    EXPECT(present);
    EXPECT_OK(dy_lmdb_store_close(store));
}

void test_store_open_errors(void) {
    const char *directory = check_directory();
    size_t len = strlen(directory);
    dy_lmdb_store_t *store = NULL;
    dy_lmdb_options_t options;

    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_open(NULL, 3, NULL, &store));
    EXPECT_SAYS("path is NULL");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_open(NOTHING, NULL, &store));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_open(TEXT("/tmp/\xff\xfe"), NULL, &store));
    EXPECT_SAYS("UTF-8");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_open(TEXT("/tmp/a\0b"), NULL, &store));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_open(directory, len, NULL, NULL));
    EXPECT_SAYS("store is NULL");

    dy_lmdb_options_default(&options);
    options.flags = DY_LMDB_OPEN_NO_SWEEPER | 0x40;
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_open(directory, len, &options, &store));
    EXPECT_SAYS("0x40");
    dy_lmdb_options_default(&options);
    options.durability = 7;
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_open(directory, len, &options, &store));
    EXPECT_SAYS("durability");
    dy_lmdb_options_default(&options);
    options.reserved = 1;
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_open(directory, len, &options, &store));
    EXPECT_SAYS("reserved");
    dy_lmdb_options_default(&options);
    options.struct_size = 0;
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_open(directory, len, &options, &store));
    EXPECT_SAYS("sizeof(dy_lmdb_options_t)");

    dy_lmdb_options_default(&options);
    options.flags = DY_LMDB_OPEN_EXISTING;
    EXPECT_FAILS(DY_LMDB_NOT_FOUND, dy_lmdb_store_open(directory, len, &options, &store));
    EXPECT_SAYS(directory);
    EXPECT(store == NULL);

    /* An older program's struct ends before the flags. */
    options.struct_size = offsetof(dy_lmdb_options_t, durability);
    EXPECT_OK(dy_lmdb_store_open(directory, len, &options, &store));
    EXPECT_OK(dy_lmdb_store_close(store));
}

void test_store_open_config(void) {
    const char *directory = check_store_directory();
    char *config = check_config(directory, "");
    dy_lmdb_store_t *store = NULL;
    dy_lmdb_bytes_t *path = NULL;
    EXPECT_OK(dy_lmdb_store_open_config(config, strlen(config), &store));
    EXPECT_OK(dy_lmdb_store_path(store, &path));
    EXPECT_BLOCK(path, directory);
    EXPECT_OK(dy_lmdb_store_close(store));

    EXPECT_FAILS(DY_LMDB_CONFIG, dy_lmdb_store_open_config(TEXT("{\"lmdb_ttl\": -1}"), &store));
    EXPECT_SAYS("lmdb_ttl");
    EXPECT_FAILS(DY_LMDB_CONFIG, dy_lmdb_store_open_config(TEXT("[]"), &store));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_open_config(config, strlen(config), NULL));
    free(config);
}

void test_store_after_close(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_bytes_t *block = NULL;
    dy_lmdb_keys_t *keys = NULL;
    dy_lmdb_view_t *view = NULL;
    dy_lmdb_loan_t *loan = NULL;
    char buffer[8];
    size_t size = 77;
    bool flag = false;
    EXPECT_OK(dy_lmdb_store_close(store));
    EXPECT_OK(dy_lmdb_store_close(store));

    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_store_path(store, &block));
    EXPECT_SAYS("closed");
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_store_id(store, &block));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_store_put(store, NOTHING, TEXT("k"), NOTHING, NULL, NULL));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_store_put_many(store, NOTHING, NOTHING));
    EXPECT_FAILS(DY_LMDB_CLOSED,
                 dy_lmdb_store_get(store, NOTHING, TEXT("k"), buffer, sizeof buffer, &size, NULL));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_store_contains(store, NOTHING, TEXT("k"), &flag));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_store_delete(store, NOTHING, TEXT("k"), &flag));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_store_touch(store, NOTHING, TEXT("k"), 1, &flag));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_store_wait(store, NOTHING, TEXT("k"), 0));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_store_list(store, NOTHING, NOTHING, &keys));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_store_sweep(store, NULL));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_store_stats(store, &block));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_store_audit(store, &block));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_store_calls(store, &block));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_view_open(store, NOTHING, TEXT("k"), 0, &view, NULL));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_loan_open(store, 10, &loan));
    EXPECT(block == NULL && keys == NULL && view == NULL && loan == NULL && size == 77);

    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_path(NULL, &block));
    EXPECT_SAYS("store is NULL");
}

void test_store_outlived_by_its_views(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_view_t *view = NULL;
    dy_lmdb_loan_t *loan = NULL;
    const void *data = NULL;
    void *room = NULL;
    size_t size = 0;
    check_put(store, "k", "still here");
    EXPECT_OK(dy_lmdb_view_open(store, NOTHING, TEXT("k"), 0, &view, NULL));
    EXPECT_OK(dy_lmdb_loan_open(store, 5000, &loan));
    EXPECT_OK(dy_lmdb_store_delete(store, NOTHING, TEXT("k"), NULL));
    EXPECT_OK(dy_lmdb_store_close(store));
    EXPECT_OK(dy_lmdb_view_data(view, &data, &size));
    EXPECT_TEXT(data, size, "still here");
    EXPECT_OK(dy_lmdb_view_close(view));
    EXPECT_OK(dy_lmdb_loan_data(loan, &room, &size));
    memset(room, 1, size);
    EXPECT_OK(dy_lmdb_loan_publish(loan, NOTHING, TEXT("late"), size, NULL, NULL));
    EXPECT_OK(dy_lmdb_loan_drop(loan));
}

void test_store_limit(void) {
    const char *directory = check_store_directory();
    dy_lmdb_store_t *store = check_store(), *other = NULL;
    dy_lmdb_options_t options;
    dy_lmdb_bytes_t *json = NULL;
    char limit[40];
    snprintf(limit, sizeof limit, "\"limit\":%d", CHECK_MAP_SIZE);
    dy_lmdb_options_default(&options);
    options.prefault = 0;
    /* Who asks for nothing leaves it alone. */
    EXPECT_OK(dy_lmdb_store_open(directory, strlen(directory), &options, &other));
    EXPECT_OK(dy_lmdb_store_stats(store, &json));
    EXPECT_BLOCK_HOLDS(json, limit);
    EXPECT_OK(dy_lmdb_store_close(other));
    EXPECT_OK(dy_lmdb_store_close(store));
}

void test_store_sweep_stats_audit(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_bytes_t *json = NULL;
    uint64_t removed = 99;
    check_put(store, "k", "v");
    EXPECT_OK(dy_lmdb_store_sweep(store, &removed));
    EXPECT(removed == 0);
    EXPECT_OK(dy_lmdb_store_sweep(store, NULL));
    EXPECT_OK(dy_lmdb_store_stats(store, &json));
    EXPECT_BLOCK_HOLDS(json, "{");
    EXPECT_OK(dy_lmdb_store_audit(store, &json));
    EXPECT_BLOCK_HOLDS(json, "\"faults\":[]");
    EXPECT_OK(dy_lmdb_store_calls(store, &json));
    EXPECT_BLOCK_HOLDS(json, "\"slow_calls\":[]");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_calls(store, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_stats(store, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_audit(store, NULL));
    EXPECT_OK(dy_lmdb_store_close(store));
}
