#include "api.h"
#include "check.h"

#include <string.h>

/* {"a": {"b": [1, -2, 2.5]}, "s": "text", "x": b"\0\1", "t": true, "n": nil, "u": 2**64 - 1} */
static const char SAMPLE[] =
    "\x86"
    "\xa1" "a" "\x81" "\xa1" "b" "\x93\x01\xfe\xcb\x40\x04\0\0\0\0\0\0"
    "\xa1" "s" "\xa4" "text"
    "\xa1" "x" "\xc4\x02\0\x01"
    "\xa1" "t" "\xc3"
    "\xa1" "n" "\xc0"
    "\xa1" "u" "\xcf\xff\xff\xff\xff\xff\xff\xff\xff";

static dy_lmdb_document_t *sample(void) {
    dy_lmdb_document_t *document = NULL;
    EXPECT_OK(dy_lmdb_document_from_bytes(TEXT(SAMPLE), &document));
    EXPECT_OK(dy_lmdb_document_validate(document));
    return document;
}

static dy_lmdb_node_t find(const dy_lmdb_document_t *document, const char *path) {
    dy_lmdb_node_t node = DY_LMDB_NODE_NONE;
    EXPECT_OK(dy_lmdb_document_find(document, DY_LMDB_NODE_ROOT, path, strlen(path), &node));
    return node;
}

void test_document_walk(void) {
    dy_lmdb_document_t *document = sample();
    dy_lmdb_node_t node = 0;
    dy_lmdb_node_t inner = 0;
    uint32_t kind = 99;
    size_t count = 0;
    const char *text = NULL;
    const void *bytes = NULL;
    bool truth = false;
    int64_t whole = 0;
    uint64_t large = 0;
    double number = 0;
    EXPECT_OK(dy_lmdb_document_type(document, DY_LMDB_NODE_ROOT, &kind));
    EXPECT(kind == DY_LMDB_TYPE_MAP);
    EXPECT_OK(dy_lmdb_document_count(document, DY_LMDB_NODE_ROOT, &count));
    EXPECT(count == 6);
    EXPECT_OK(dy_lmdb_document_int64(document, find(document, "a.b.1"), &whole));
    EXPECT(whole == -2);
    EXPECT_OK(dy_lmdb_document_double(document, find(document, "a.b.2"), &number));
    EXPECT(number == 2.5);
    EXPECT_OK(dy_lmdb_document_double(document, find(document, "a.b.1"), &number));
    EXPECT(number == -2);
    EXPECT_OK(dy_lmdb_document_get(document, DY_LMDB_NODE_ROOT, TEXT("a"), &node));
    EXPECT_OK(dy_lmdb_document_get(document, node, TEXT("b"), &inner));
    EXPECT_OK(dy_lmdb_document_at(document, inner, 0, &node));
    EXPECT_OK(dy_lmdb_document_uint64(document, node, &large));
    EXPECT(large == 1);
    EXPECT_OK(dy_lmdb_document_uint64(document, find(document, "u"), &large));
    EXPECT(large == UINT64_MAX);
    EXPECT_OK(dy_lmdb_document_bool(document, find(document, "t"), &truth));
    EXPECT(truth);
    EXPECT_OK(dy_lmdb_document_type(document, find(document, "n"), &kind));
    EXPECT(kind == DY_LMDB_TYPE_NIL);
    EXPECT_OK(dy_lmdb_document_string(document, find(document, "s"), &text, &count));
    EXPECT_TEXT(text, count, "text");
    EXPECT(text > SAMPLE && text < SAMPLE + sizeof SAMPLE);
    EXPECT_OK(dy_lmdb_document_bytes(document, find(document, "x"), &bytes, &count));
    EXPECT(count == 2 && memcmp(bytes, "\0\x01", 2) == 0);
    EXPECT_OK(dy_lmdb_document_close(document));
}

/* What Python writes as [(1, 2.5), numpy.int16(-3), 7]: all functions see the plain values. */
void test_document_exact(void) {
    static const char payload[] =
        "\x93"
        "\xc7\x0c\x58\x01\x92\x01\xcb\x40\x04\0\0\0\0\0\0"
        "\xd5\x58h\xfd"
        "\x07";
    static const uint32_t kinds[] = {DY_LMDB_EXACT_TUPLE, DY_LMDB_DTYPE_INT16, DY_LMDB_EXACT_NONE};
    static const uint32_t types[] = {DY_LMDB_TYPE_ARRAY, DY_LMDB_TYPE_INT, DY_LMDB_TYPE_INT};
    dy_lmdb_document_t *document = NULL;
    uint32_t kind = 99;
    int64_t whole = 0;
    double number = 0;
    double values[2];
    size_t count = 0;
    size_t i;
    EXPECT_OK(dy_lmdb_document_from_bytes(TEXT(payload), &document));
    EXPECT_OK(dy_lmdb_document_validate(document));
    for (i = 0; i < 3; i++) {
        dy_lmdb_node_t node = 0;
        EXPECT_OK(dy_lmdb_document_at(document, DY_LMDB_NODE_ROOT, i, &node));
        EXPECT_OK(dy_lmdb_document_exact(document, node, &kind));
        EXPECT(kind == kinds[i]);
        EXPECT_OK(dy_lmdb_document_type(document, node, &kind));
        EXPECT(kind == types[i]);
    }
    EXPECT_OK(dy_lmdb_document_double(document, find(document, "0.1"), &number));
    EXPECT(number == 2.5);
    EXPECT_OK(dy_lmdb_document_int64(document, find(document, "1"), &whole));
    EXPECT(whole == -3);
    EXPECT_OK(dy_lmdb_document_numbers(document, find(document, "0"), values, 2, &count));
    EXPECT(count == 2 && values[0] == 1 && values[1] == 2.5);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_exact(NULL, DY_LMDB_NODE_ROOT, &kind));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_exact(document, DY_LMDB_NODE_ROOT, NULL));
    EXPECT_FAILS(DY_LMDB_CORRUPT, dy_lmdb_document_exact(document, 99, &kind));
    EXPECT_OK(dy_lmdb_document_close(document));
}

void test_document_numbers(void) {
    dy_lmdb_document_t *document = sample();
    dy_lmdb_node_t node = find(document, "a.b");
    double values[4] = {9, 9, 9, 9};
    size_t count = 0;
    EXPECT_OK(dy_lmdb_document_numbers(document, node, NOTHING, &count));
    EXPECT(count == 3);
    EXPECT_OK(dy_lmdb_document_numbers(document, node, values, 4, &count));
    EXPECT(count == 3 && values[0] == 1 && values[1] == -2 && values[2] == 2.5 && values[3] == 9);
    count = 0;
    values[0] = 9;
    EXPECT_FAILS(DY_LMDB_BUFFER_TOO_SMALL, dy_lmdb_document_numbers(document, node, values, 2, &count));
    EXPECT(count == 3 && values[0] == 9);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_numbers(document, node, NULL, 2, &count));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_numbers(document, node, values, 4, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT,
                 dy_lmdb_document_numbers(document, find(document, "s"), NOTHING, &count));
    EXPECT_OK(dy_lmdb_document_close(document));
}

void test_document_iteration(void) {
    static const char keys[] = "asxtnu";
    dy_lmdb_document_t *document = sample();
    dy_lmdb_iterator_t iterator;
    const char *key = NULL;
    size_t len = 0, seen = 0;
    bool more = false;
    EXPECT_OK(dy_lmdb_document_iterate(document, DY_LMDB_NODE_ROOT, &iterator));
    EXPECT(iterator.remaining == 6);
    for (;;) {
        EXPECT_OK(dy_lmdb_document_next(document, &iterator, &more));
        if (!more)
            break;
        EXPECT_OK(dy_lmdb_document_string(document, iterator.key, &key, &len));
        EXPECT(len == 1 && *key == keys[seen]);
        seen++;
    }
    EXPECT(seen == 6);
    EXPECT_OK(dy_lmdb_document_iterate(document, find(document, "a.b"), &iterator));
    for (seen = 0;; seen++) {
        EXPECT_OK(dy_lmdb_document_next(document, &iterator, &more));
        if (!more)
            break;
        EXPECT(iterator.key == DY_LMDB_NODE_NONE);
    }
    EXPECT(seen == 3);

    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_iterate(document, find(document, "s"), &iterator));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_iterate(document, 0, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_next(document, NULL, &more));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_next(document, &iterator, NULL));
    memset(&iterator, 0x5a, sizeof iterator);
    EXPECT_FAILS(DY_LMDB_CORRUPT, dy_lmdb_document_next(document, &iterator, &more));
    EXPECT_OK(dy_lmdb_document_close(document));
}

void test_document_of_a_view(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_view_t *view = NULL;
    dy_lmdb_document_t *document = NULL;
    dy_lmdb_buffer_t part;
    const char *text = NULL;
    size_t len = 0;
    part.data = SAMPLE;
    part.size = sizeof SAMPLE - 1;
    EXPECT_OK(dy_lmdb_store_put(store, NOTHING, TEXT("doc"), &part, 1, NULL, NULL));
    EXPECT_OK(dy_lmdb_view_open(store, NOTHING, TEXT("doc"), 0, &view, NULL));
    EXPECT_OK(dy_lmdb_document_open(view, &document));
    EXPECT_OK(dy_lmdb_view_close(view));
    EXPECT_OK(dy_lmdb_store_delete(store, NOTHING, TEXT("doc"), NULL));
    EXPECT_OK(dy_lmdb_store_close(store));
    EXPECT_OK(dy_lmdb_document_validate(document));
    EXPECT_OK(dy_lmdb_document_string(document, find(document, "s"), &text, &len));
    EXPECT_TEXT(text, len, "text");
    EXPECT_FAILS(DY_LMDB_CORRUPT, dy_lmdb_document_string(document, 1000, &text, &len));
    EXPECT_SAYS("doc");
    EXPECT_OK(dy_lmdb_document_close(document));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_open(NULL, &document));
}

void test_document_refers(void) {
    static const struct {
        const char *payload;
        uint8_t refers;
    } cases[] = {
        {"\x81\xa9" "_lmdb_ref" "\xc3", 1},
        {"\x82\xa1" "a" "\x01\xa9" "_lmdb_ref" "\xc3", 1},
        {"\x81\xab" "_lmdb_ref_x" "\xa1" "y", 1},
        {"\x81\xa9" "_lmdb_ref" "\x01", 0},
        {"\x81\xa9" "_lmdb_ref" "\xc2", 0},
        {"\x81\xa1" "a" "\x81\xa9" "_lmdb_ref" "\xc3", 0},
        {"\x91\xc3", 0},
        {"\x82\xa9" "_lmdb_re", 0},
        {"", 0},
    };
    dy_lmdb_document_t *document = NULL;
    uint8_t refers = 0;
    size_t i;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        EXPECT_OK(dy_lmdb_document_from_bytes(cases[i].payload, strlen(cases[i].payload), &document));
        refers = 9;
        EXPECT_OK(dy_lmdb_document_refers(document, &refers));
        EXPECT(refers == cases[i].refers);
        EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_refers(document, NULL));
        EXPECT_OK(dy_lmdb_document_close(document));
    }
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_refers(NULL, &refers));
}

void test_document_errors(void) {
    dy_lmdb_document_t *document = sample();
    dy_lmdb_document_t *broken = NULL;
    dy_lmdb_node_t node = 77;
    uint32_t kind = 0;
    size_t count = 0;
    const char *text = NULL;
    const void *bytes = NULL;
    bool truth = false;
    int64_t whole = 0;
    uint64_t large = 0;
    double number = 0;
    EXPECT_FAILS(DY_LMDB_NOT_FOUND, dy_lmdb_document_find(document, 0, TEXT("a.c"), &node));
    EXPECT_SAYS("\"c\"");
    EXPECT_FAILS(DY_LMDB_NOT_FOUND, dy_lmdb_document_get(document, 0, TEXT("a.b"), &node));
    EXPECT_FAILS(DY_LMDB_NOT_FOUND, dy_lmdb_document_at(document, find(document, "a.b"), 3, &node));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_at(document, 0, 0, &node));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_find(document, 0, TEXT("\xff"), &node));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_find(document, 0, TEXT("a"), NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_find(NULL, 0, TEXT("a"), &node));
    EXPECT(node == 77);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_type(document, 0, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_count(document, find(document, "t"), &count));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_bool(document, find(document, "s"), &truth));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_int64(document, find(document, "u"), &whole));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_uint64(document, find(document, "a.b.1"), &large));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_double(document, find(document, "s"), &number));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_string(document, find(document, "x"), &text, &count));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_bytes(document, find(document, "s"), &bytes, &count));
    EXPECT_OK(dy_lmdb_document_close(document));

    /* An array of three with two values; a string that ends beyond the payload. */
    EXPECT_OK(dy_lmdb_document_from_bytes(TEXT("\x93\x01\x02"), &broken));
    EXPECT_FAILS(DY_LMDB_CORRUPT, dy_lmdb_document_validate(broken));
    EXPECT_SAYS("byte");
    EXPECT_OK(dy_lmdb_document_close(broken));
    EXPECT_OK(dy_lmdb_document_from_bytes(TEXT("\xdb\xff\xff\xff\xff" "a"), &broken));
    EXPECT_FAILS(DY_LMDB_CORRUPT, dy_lmdb_document_string(broken, 0, &text, &count));
    EXPECT_OK(dy_lmdb_document_close(broken));
    EXPECT_OK(dy_lmdb_document_from_bytes(NOTHING, &broken));
    EXPECT_FAILS(DY_LMDB_CORRUPT, dy_lmdb_document_type(broken, 0, &kind));
    EXPECT_OK(dy_lmdb_document_close(broken));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_from_bytes(NULL, 4, &broken));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_from_bytes(NOTHING, NULL));
}

static dy_lmdb_writer_t *new_writer(void) {
    dy_lmdb_writer_t *writer = NULL;
    EXPECT_OK(dy_lmdb_writer_new(&writer));
    return writer;
}

void test_writer_values(void) {
    dy_lmdb_writer_t *writer = new_writer();
    static const double doubles[] = {0.5, -1};
    static const int64_t wholes[] = {1, -200};
    const void *data = NULL;
    size_t size = 0;
    EXPECT_OK(dy_lmdb_writer_map(writer, 6));
    EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("a")));
    EXPECT_OK(dy_lmdb_writer_map(writer, 1));
    EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("b")));
    EXPECT_OK(dy_lmdb_writer_array(writer, 3));
    EXPECT_OK(dy_lmdb_writer_int64(writer, 1));
    EXPECT_OK(dy_lmdb_writer_int64(writer, -2));
    EXPECT_OK(dy_lmdb_writer_double(writer, 2.5));
    EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("s")));
    EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("text")));
    EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("x")));
    EXPECT_OK(dy_lmdb_writer_bytes(writer, TEXT("\0\x01")));
    EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("t")));
    EXPECT_OK(dy_lmdb_writer_bool(writer, true));
    EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("n")));
    EXPECT_OK(dy_lmdb_writer_nil(writer));
    EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("u")));
    EXPECT_OK(dy_lmdb_writer_uint64(writer, UINT64_MAX));
    EXPECT_OK(dy_lmdb_writer_data(writer, &data, &size));
    EXPECT_TEXT(data, size, SAMPLE);

    EXPECT_OK(dy_lmdb_writer_reset(writer));
    EXPECT_OK(dy_lmdb_writer_array(writer, 2));
    EXPECT_OK(dy_lmdb_writer_doubles(writer, doubles, 2));
    EXPECT_OK(dy_lmdb_writer_int64s(writer, wholes, 2));
    EXPECT_OK(dy_lmdb_writer_data(writer, &data, &size));
    EXPECT_TEXT(data, size, "\x92\x92\xcb\x3f\xe0\0\0\0\0\0\0\xcb\xbf\xf0\0\0\0\0\0\0\x92\x01\xd1\xff\x38");
    dy_lmdb_writer_free(writer);
}

void test_writer_structure(void) {
    dy_lmdb_writer_t *writer = new_writer();
    const void *data = NULL;
    size_t size = 77;
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_data(writer, &data, &size));
    EXPECT_OK(dy_lmdb_writer_map(writer, 1));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_array(writer, 1));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_string(writer, TEXT("\xff")));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_string(writer, NULL, 1));
    EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("k")));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_data(writer, &data, &size));
    EXPECT_SAYS("missing");
    EXPECT(data == NULL && size == 77);
    EXPECT_OK(dy_lmdb_writer_nil(writer));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_nil(writer));
    EXPECT_OK(dy_lmdb_writer_data(writer, &data, &size));
    EXPECT_TEXT(data, size, "\x81\xa1k\xc0");

    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_new(NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_reset(NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_nil(NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_data(NULL, &data, &size));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_data(writer, NULL, &size));
    dy_lmdb_writer_free(writer);
}

void test_writer_put(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_writer_t *writer = new_writer();
    dy_lmdb_reference_t *reference = NULL;
    dy_lmdb_bytes_t *path = NULL;
    dy_lmdb_put_options_t options;
    dy_lmdb_info_t info = check_info();
    char buffer[16];
    size_t size = 0;
    dy_lmdb_put_options_default(&options);
    options.ttl_ms = 5000;
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_put(writer, store, NOTHING, TEXT("k"), NULL, NULL));
    EXPECT_OK(dy_lmdb_writer_array(writer, 1));
    EXPECT_OK(dy_lmdb_writer_int64(writer, 7));
    EXPECT_OK(dy_lmdb_writer_put(writer, store, NOTHING, TEXT("k"), &options, &info));
    EXPECT(info.format == DY_LMDB_FORMAT_MSGPACK && info.size == 2 && info.ttl_ms == 5000);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_put(NULL, store, NOTHING, TEXT("k"), NULL, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_put(writer, NULL, NOTHING, TEXT("k"), NULL, NULL));

    EXPECT_OK(dy_lmdb_store_path(store, &path));
    EXPECT_OK(dy_lmdb_reference_new(&reference));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_put_output(writer, reference, NULL, NULL));
    EXPECT_OK(dy_lmdb_reference_set(reference, TEXT("_lmdb_db_path"), (const char *)dy_lmdb_bytes_data(path),
                                    dy_lmdb_bytes_size(path)));
    EXPECT_OK(dy_lmdb_reference_set(reference, TEXT("_lmdb_output_key"), TEXT("output:c:1")));
    EXPECT_OK(dy_lmdb_writer_put_output(writer, reference, NULL, &info));
    EXPECT(info.format == DY_LMDB_FORMAT_MSGPACK);
    EXPECT_OK(dy_lmdb_store_get(store, NOTHING, TEXT("output:c:1"), buffer, sizeof buffer, &size, NULL));
    EXPECT_TEXT(buffer, size, "\x91\x07");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_put_output(writer, NULL, NULL, NULL));
    dy_lmdb_bytes_free(path);
    dy_lmdb_reference_free(reference);
    dy_lmdb_writer_free(writer);
    EXPECT_OK(dy_lmdb_store_close(store));
}
