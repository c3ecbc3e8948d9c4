#include "api.h"
#include "check.h"

#include <string.h>

void test_view(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_put_options_t options;
    dy_lmdb_info_t info = check_info();
    dy_lmdb_view_t *view = NULL;
    dy_lmdb_buffer_t value;
    static char large[100000];
    const void *data = NULL;
    const char *text = NULL;
    size_t size = 0;
    memset(large, 'z', sizeof large);
    value.data = large;
    value.size = sizeof large;
    dy_lmdb_put_options_default(&options);
    options.txn_id = "t-1";
    options.txn_id_len = 3;
    options.source = "here";
    options.source_len = 4;
    options.target = "there";
    options.target_len = 5;
    EXPECT_OK(dy_lmdb_store_put(store, NOTHING, TEXT("k"), &value, 1, &options, NULL));

    EXPECT_OK(dy_lmdb_view_open(store, NOTHING, TEXT("k"), 0, &view, &info));
    EXPECT_OK(dy_lmdb_view_data(view, &data, &size));
    EXPECT(size == sizeof large && memcmp(data, large, size) == 0);
    EXPECT((uintptr_t)data % 64 == 0);
    EXPECT(info.data == data && info.size == size && info.format == DY_LMDB_FORMAT_RAW);
    EXPECT((info.flags & (DY_LMDB_INFO_INLINE | DY_LMDB_INFO_CHECKSUM | DY_LMDB_INFO_TRACKED)) == 0);
    info = check_info();
    EXPECT_OK(dy_lmdb_view_info(view, &info));
    EXPECT(info.data == data && info.size == size && info.ttl_ms == 300000);

    EXPECT_OK(dy_lmdb_view_text(view, DY_LMDB_TEXT_TXN_ID, &text, &size));
    EXPECT_TEXT(text, size, "t-1");
    EXPECT_OK(dy_lmdb_view_text(view, DY_LMDB_TEXT_SOURCE, &text, &size));
    EXPECT_TEXT(text, size, "here");
    EXPECT_OK(dy_lmdb_view_text(view, DY_LMDB_TEXT_TARGET, &text, &size));
    EXPECT_TEXT(text, size, "there");
    EXPECT_OK(dy_lmdb_view_text(view, DY_LMDB_TEXT_KEY, &text, &size));
    EXPECT_TEXT(text, size, "k");

    check_put(store, "k", "replaced");
    EXPECT_OK(dy_lmdb_view_data(view, &data, &size));
    EXPECT(size == sizeof large && memcmp(data, large, size) == 0);
    EXPECT_OK(dy_lmdb_view_close(view));
    EXPECT_OK(dy_lmdb_store_close(store));
}

void test_view_errors(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_info_t info = check_info();
    dy_lmdb_view_t *view = NULL;
    const void *data = NULL;
    const char *text = NULL;
    size_t size = 0;
    EXPECT_FAILS(DY_LMDB_NOT_FOUND, dy_lmdb_view_open(store, NOTHING, TEXT("k"), 0, &view, &info));
    EXPECT_SAYS("\"k\"");
    check_put(store, "k", "v");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_view_open(store, NOTHING, TEXT("k"), 6, &view, NULL));
    EXPECT_SAYS("0x6");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_view_open(store, NOTHING, TEXT("k"), 0, NULL, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_view_open(NULL, NOTHING, TEXT("k"), 0, &view, NULL));
    EXPECT(view == NULL && info.data != NULL);

    EXPECT_OK(dy_lmdb_view_open(store, NOTHING, TEXT("k"), DY_LMDB_VIEW_QUIET, &view, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_view_data(view, NULL, &size));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_view_data(view, &data, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_view_data(NULL, &data, &size));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_view_info(view, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_view_info(NULL, &info));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_view_text(view, 9, &text, &size));
    EXPECT_SAYS("9");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_view_verify(NULL));
    EXPECT_OK(dy_lmdb_view_close(view));
    EXPECT_OK(dy_lmdb_store_close(store));
}

void test_view_checksum(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_put_options_t options;
    dy_lmdb_info_t info = check_info();
    dy_lmdb_view_t *view = NULL;
    dy_lmdb_put_options_default(&options);
    options.flags = DY_LMDB_PUT_CHECKSUM;
    EXPECT_OK(dy_lmdb_store_put(store, NOTHING, TEXT("k"), NOTHING, &options, NULL));
    EXPECT_OK(dy_lmdb_view_open(store, NOTHING, TEXT("k"), 0, &view, &info));
    /* XXH3-64 of nothing, as its specification gives it. */
    EXPECT((info.flags & DY_LMDB_INFO_CHECKSUM) != 0 && info.checksum == 0x2D06800538D394C2);
    EXPECT_OK(dy_lmdb_view_verify(view));
    EXPECT_OK(dy_lmdb_view_close(view));
    check_put(store, "k", "no checksum");
    EXPECT_OK(dy_lmdb_view_open(store, NOTHING, TEXT("k"), 0, &view, &info));
    EXPECT((info.flags & DY_LMDB_INFO_CHECKSUM) == 0 && info.checksum == 0);
    EXPECT_OK(dy_lmdb_view_verify(view));
    EXPECT_OK(dy_lmdb_view_close(view));
    EXPECT_OK(dy_lmdb_store_close(store));
}

void test_view_info_of_an_older_program(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_view_t *view = NULL;
    dy_lmdb_info_t info = check_info();
    uint64_t before = info.created_ns;
    check_put(store, "k", "abc");
    info.struct_size = offsetof(dy_lmdb_info_t, created_ns);
    EXPECT_OK(dy_lmdb_view_open(store, NOTHING, TEXT("k"), 0, &view, &info));
    EXPECT(info.size == 3 && info.created_ns == before);
    EXPECT(info.struct_size == offsetof(dy_lmdb_info_t, created_ns));
    EXPECT_OK(dy_lmdb_view_close(view));
    EXPECT_OK(dy_lmdb_store_close(store));
}

void test_loan(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_put_options_t options;
    dy_lmdb_info_t info = check_info();
    dy_lmdb_loan_t *loan = NULL;
    dy_lmdb_view_t *view = NULL;
    const void *seen = NULL;
    void *room = NULL;
    size_t size = 0;
    bool present = true;
    dy_lmdb_put_options_default(&options);
    options.format = DY_LMDB_FORMAT_NUMPY;
    EXPECT_OK(dy_lmdb_loan_open(store, 10000, &loan));
    EXPECT_OK(dy_lmdb_loan_data(loan, &room, &size));
    EXPECT(size == 10000 && (uintptr_t)room % 64 == 0);
    memset(room, 'a', 8000);
    EXPECT_OK(dy_lmdb_store_contains(store, NOTHING, TEXT("k"), &present));
    EXPECT(!present);
    EXPECT_OK(dy_lmdb_loan_publish(loan, NOTHING, TEXT("k"), 8000, &options, &info));
    EXPECT(info.size == 8000 && info.format == DY_LMDB_FORMAT_NUMPY);
    EXPECT_OK(dy_lmdb_view_open(store, NOTHING, TEXT("k"), 0, &view, NULL));
    EXPECT_OK(dy_lmdb_view_data(view, &seen, &size));
    EXPECT(size == 8000 && memchr(seen, 'b', size) == NULL && *(const char *)seen == 'a');
    EXPECT_OK(dy_lmdb_view_close(view));

    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_loan_data(loan, &room, &size));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_loan_publish(loan, NOTHING, TEXT("k"), 1, NULL, NULL));
    EXPECT_OK(dy_lmdb_loan_drop(loan));

    EXPECT_OK(dy_lmdb_loan_open(store, 10000, &loan));
    EXPECT_OK(dy_lmdb_loan_drop(loan));
    EXPECT_OK(dy_lmdb_store_close(store));
}

void test_loan_in_two_calls(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_info_t info = check_info();
    dy_lmdb_loan_t *loan = NULL;
    dy_lmdb_view_t *view = NULL;
    void *room = NULL;
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_loan_take(store, 1, &loan, NULL));
    EXPECT_FAILS(DY_LMDB_TOO_LARGE, dy_lmdb_loan_take(store, (uint64_t)1 << 32, &loan, &room));
    EXPECT(loan == NULL && room == NULL);
    EXPECT_OK(dy_lmdb_loan_take(store, 10000, &loan, &room));
    EXPECT((uintptr_t)room % 64 == 0);
    memset(room, 'a', 10000);
    EXPECT_OK(dy_lmdb_loan_finish(loan, NOTHING, TEXT("k"), 9000, NULL, &info));
    EXPECT(info.size == 9000);
    EXPECT_OK(dy_lmdb_view_open(store, NOTHING, TEXT("k"), 0, &view, &info));
    EXPECT(info.size == 9000 && *(const char *)info.data == 'a');
    EXPECT_OK(dy_lmdb_view_close(view));
    /* A loan that is refused is ended as well. */
    EXPECT_OK(dy_lmdb_loan_take(store, 10000, &loan, &room));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_loan_finish(loan, NOTHING, TEXT("k"), 10001, NULL, NULL));
    EXPECT_SAYS("10001");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_loan_finish(NULL, NOTHING, TEXT("k"), 1, NULL, NULL));
    EXPECT_OK(dy_lmdb_store_close(store));
}

void test_loan_errors(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_put_options_t options;
    dy_lmdb_loan_t *loan = NULL;
    void *room = NULL;
    size_t size = 0;
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_loan_open(store, 1, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_loan_open(NULL, 1, &loan));
    EXPECT_FAILS(DY_LMDB_TOO_LARGE, dy_lmdb_loan_open(store, (uint64_t)1 << 32, &loan));
    EXPECT_FAILS(DY_LMDB_MAP_FULL, dy_lmdb_loan_open(store, (uint64_t)1 << 30, &loan));
    EXPECT(loan == NULL);
    EXPECT_OK(dy_lmdb_loan_open(store, 5000, &loan));
    dy_lmdb_put_options_default(&options);
    options.format = 0;
    EXPECT_FAILS(DY_LMDB_BAD_FORMAT, dy_lmdb_loan_publish(loan, NOTHING, TEXT("k"), 5000, &options, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_loan_publish(loan, NOTHING, TEXT("k"), 5001, NULL, NULL));
    EXPECT_SAYS("5001");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_loan_data(loan, NULL, &size));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_loan_data(NULL, &room, &size));
    EXPECT_OK(dy_lmdb_loan_data(loan, &room, &size));
    EXPECT(size == 5000);
    EXPECT_FAILS(DY_LMDB_BAD_KEY, dy_lmdb_loan_publish(loan, NOTHING, NOTHING, 4000, NULL, NULL));
    EXPECT_FAILS(DY_LMDB_BAD_KEY, dy_lmdb_loan_publish(loan, TEXT("_dy_meta"), TEXT("k"), 4000, NULL, NULL));
    EXPECT_OK(dy_lmdb_loan_data(loan, &room, &size));
    EXPECT(size == 5000);
    EXPECT_OK(dy_lmdb_loan_publish(loan, NOTHING, TEXT("k"), size, NULL, NULL));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_loan_data(loan, &room, &size));
    EXPECT_OK(dy_lmdb_loan_drop(loan));
    EXPECT_OK(dy_lmdb_store_close(store));
}
