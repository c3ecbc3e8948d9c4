#include "api.h"
#include "check.h"

#include <string.h>

static dy_lmdb_segment_t new_segment(void) {
    dy_lmdb_segment_t segment;
    memset(&segment, 0, sizeof segment);
    segment.struct_size = sizeof segment;
    return segment;
}

static const uint64_t matrix_shape[] = {2, 3};
static const double matrix[] = {1, 2, 3, 4, 5, 6.5};
static const int8_t list[] = {5, -6, 7};
static const int64_t instant[] = {1700000000123};

/* {"name": "x", "deep": [nil, {"matrix": ...}], "list": ..., "at": ...}, with its arrays borrowed from above. */
static dy_lmdb_writer_t *sample(void) {
    static const uint64_t three = 3;
    dy_lmdb_writer_t *writer = NULL;
    EXPECT_OK(dy_lmdb_writer_new(&writer));
    EXPECT_OK(dy_lmdb_writer_map(writer, 4));
    EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("name")));
    EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("x")));
    EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("deep")));
    EXPECT_OK(dy_lmdb_writer_array(writer, 2));
    EXPECT_OK(dy_lmdb_writer_nil(writer));
    EXPECT_OK(dy_lmdb_writer_map(writer, 1));
    EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("matrix")));
    EXPECT_OK(dy_lmdb_writer_segment(writer, DY_LMDB_DTYPE_FLOAT64, 0, 0, matrix_shape, 2, matrix));
    EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("list")));
    EXPECT_OK(dy_lmdb_writer_segment(writer, DY_LMDB_DTYPE_INT8, 0, DY_LMDB_SEGMENT_LIST, &three, 1, list));
    EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("at")));
    EXPECT_OK(dy_lmdb_writer_segment(writer, DY_LMDB_DTYPE_DATETIME64, DY_LMDB_UNIT_MILLISECOND,
                                     DY_LMDB_SEGMENT_SCALAR, NOTHING, instant));
    return writer;
}

static dy_lmdb_segment_t segment_at(const dy_lmdb_document_t *document, const char *path) {
    dy_lmdb_segment_t segment = new_segment();
    dy_lmdb_node_t node = DY_LMDB_NODE_NONE;
    uint32_t kind = 0;
    EXPECT_OK(dy_lmdb_document_find(document, DY_LMDB_NODE_ROOT, path, strlen(path), &node));
    EXPECT_OK(dy_lmdb_document_type(document, node, &kind));
    EXPECT(kind == DY_LMDB_TYPE_SEGMENT);
    EXPECT_OK(dy_lmdb_document_segment(document, node, &segment));
    EXPECT(segment.node == node && segment.end > node);
    EXPECT(segment.struct_size == sizeof segment);
    return segment;
}

/* What is there to see of the sample, wherever it lies. */
static void expect_sample(const dy_lmdb_document_t *document) {
    dy_lmdb_segment_t segment;
    double numbers[6];
    size_t count = 0;
    EXPECT_OK(dy_lmdb_document_validate(document));
    segment = segment_at(document, "deep.1.matrix");
    EXPECT(segment.dtype == DY_LMDB_DTYPE_FLOAT64 && segment.unit == 0 && segment.flags == 0);
    EXPECT(segment.ndim == 2 && segment.shape[0] == 2 && segment.shape[1] == 3 && segment.shape[2] == 0);
    EXPECT(segment.size == sizeof matrix && segment.itemsize == sizeof(double));
    EXPECT((uintptr_t)segment.data % 64 == 0);
    EXPECT(((const double *)segment.data)[5] == 6.5);
    EXPECT_OK(dy_lmdb_document_count(document, segment.node, &count));
    EXPECT(count == 6);
    EXPECT_OK(dy_lmdb_document_numbers(document, segment.node, numbers, 6, &count));
    EXPECT(count == 6 && memcmp(numbers, matrix, sizeof matrix) == 0);
    segment = segment_at(document, "list");
    EXPECT(segment.dtype == DY_LMDB_DTYPE_INT8 && segment.flags == DY_LMDB_SEGMENT_LIST);
    EXPECT_OK(dy_lmdb_document_numbers(document, segment.node, NOTHING, &count));
    EXPECT(count == 3);
    EXPECT_OK(dy_lmdb_document_numbers(document, segment.node, numbers, 3, &count));
    EXPECT(numbers[0] == 5 && numbers[1] == -6 && numbers[2] == 7);
    segment = segment_at(document, "at");
    EXPECT(segment.dtype == DY_LMDB_DTYPE_DATETIME64 && segment.unit == DY_LMDB_UNIT_MILLISECOND);
    EXPECT(segment.flags == DY_LMDB_SEGMENT_SCALAR && segment.ndim == 0);
    EXPECT(*(const int64_t *)segment.data == instant[0]);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_numbers(document, segment.node, numbers, 6, &count));
}

void test_segment_in_place(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_writer_t *writer = sample();
    dy_lmdb_view_t *view = NULL;
    dy_lmdb_document_t *document = NULL;
    dy_lmdb_info_t info = check_info();
    dy_lmdb_segment_t segment;
    EXPECT_OK(dy_lmdb_writer_put(writer, store, NOTHING, TEXT("doc"), NULL, NULL));
    dy_lmdb_writer_free(writer);
    EXPECT_OK(dy_lmdb_view_open(store, NOTHING, TEXT("doc"), 0, &view, &info));
    EXPECT_OK(dy_lmdb_document_open(view, &document));
    expect_sample(document);
    segment = segment_at(document, "deep.1.matrix");
    EXPECT((const char *)segment.data > (const char *)info.data);
    EXPECT((const char *)segment.data + segment.size <= (const char *)info.data + info.size);
    EXPECT_OK(dy_lmdb_view_close(view));
    EXPECT(((const double *)segment.data)[0] == 1);
    EXPECT_OK(dy_lmdb_document_close(document));
    EXPECT_OK(dy_lmdb_store_close(store));
}

void test_segment_next(void) {
    static const uint32_t dtypes[] = {DY_LMDB_DTYPE_FLOAT64, DY_LMDB_DTYPE_INT8, DY_LMDB_DTYPE_DATETIME64};
    dy_lmdb_writer_t *writer = sample();
    dy_lmdb_document_t *document = NULL;
    dy_lmdb_segment_t segment = new_segment();
    dy_lmdb_node_t from = DY_LMDB_NODE_ROOT;
    const void *data = NULL;
    size_t size = 0, seen = 0;
    bool found = false;
    EXPECT_OK(dy_lmdb_writer_data(writer, &data, &size));
    EXPECT((uintptr_t)data % 64 == 0);
    EXPECT_OK(dy_lmdb_document_from_bytes(data, size, &document));
    for (;;) {
        EXPECT_OK(dy_lmdb_document_next_segment(document, from, &segment, &found));
        if (!found)
            break;
        EXPECT(segment.node >= from && segment.dtype == dtypes[seen]);
        from = segment.end;
        seen++;
    }
    EXPECT(seen == 3 && from == size);
    expect_sample(document);
    EXPECT_FAILS(DY_LMDB_CORRUPT, dy_lmdb_document_next_segment(document, size + 1, &segment, &found));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_next_segment(document, 0, NULL, &found));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_next_segment(document, 0, &segment, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_next_segment(NULL, 0, &segment, &found));
    int32_t type = 0;
    dy_lmdb_node_t node = 0, end = 0;
    for (seen = 0, from = DY_LMDB_NODE_ROOT;; from = end, seen++) {
        EXPECT_OK(dy_lmdb_document_next_extension(document, from, &type, &node, &end, &found));
        if (!found)
            break;
        EXPECT(type == (int32_t)DY_LMDB_SEGMENT_EXTENSION && node >= from && end > node);
    }
    EXPECT(seen == 3 && from == size);
    EXPECT_FAILS(DY_LMDB_CORRUPT, dy_lmdb_document_next_extension(document, size + 1, &type, &node, &end, &found));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_next_extension(document, 0, NULL, &node, &end, &found));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_next_extension(document, 0, &type, NULL, &end, &found));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_next_extension(document, 0, &type, &node, NULL, &found));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_next_extension(document, 0, &type, &node, &end, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_next_extension(NULL, 0, &type, &node, &end, &found));
    EXPECT_OK(dy_lmdb_document_close(document));
    dy_lmdb_writer_free(writer);
}

/* The data go into the store from where the caller has them: as a part of their own. */
void test_segment_parts(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_writer_t *writer = sample();
    dy_lmdb_view_t *view = NULL;
    dy_lmdb_document_t *document = NULL;
    dy_lmdb_put_options_t options;
    const dy_lmdb_buffer_t *parts = NULL, *again = NULL;
    const void *data = NULL;
    size_t nparts = 0, size = 0, i, total = 0;
    EXPECT_OK(dy_lmdb_writer_parts(writer, &parts, &nparts));
    EXPECT(nparts == 6);
    EXPECT(parts[1].data == matrix && parts[1].size == sizeof matrix);
    EXPECT(parts[3].data == list && parts[5].data == instant);
    EXPECT_OK(dy_lmdb_writer_data(writer, &data, &size));
    for (i = 0; i < nparts; i++) {
        EXPECT(memcmp((const char *)data + total, parts[i].data, parts[i].size) == 0);
        total += parts[i].size;
    }
    EXPECT(total == size);
    dy_lmdb_put_options_default(&options);
    options.format = DY_LMDB_FORMAT_MSGPACK;
    EXPECT_OK(dy_lmdb_store_put(store, NOTHING, TEXT("parts"), parts, nparts, &options, NULL));
    EXPECT_OK(dy_lmdb_view_open(store, NOTHING, TEXT("parts"), 0, &view, NULL));
    EXPECT_OK(dy_lmdb_document_open(view, &document));
    expect_sample(document);
    EXPECT_OK(dy_lmdb_document_close(document));
    EXPECT_OK(dy_lmdb_view_close(view));

    /* A refused call changes nothing; a reset ends the borrowing. */
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_nil(writer));
    EXPECT_OK(dy_lmdb_writer_parts(writer, &again, &nparts));
    EXPECT(again == parts && nparts == 6);
    EXPECT_OK(dy_lmdb_writer_reset(writer));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_parts(writer, &parts, &nparts));
    EXPECT_OK(dy_lmdb_writer_nil(writer));
    EXPECT_OK(dy_lmdb_writer_parts(writer, &parts, &nparts));
    EXPECT(nparts == 1);
    EXPECT_TEXT(parts[0].data, parts[0].size, "\xc0");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_parts(writer, NULL, &nparts));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_parts(writer, &parts, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_parts(NULL, &parts, &nparts));
    dy_lmdb_writer_free(writer);
    EXPECT_OK(dy_lmdb_store_close(store));
}

/* Larger than what is filled inside a transaction, empty, and of no dimensions. */
void test_segment_sizes(void) {
    static uint16_t large[500000];
    static const uint64_t shapes[] = {500000, 0, 4};
    const size_t last = sizeof large / sizeof large[0] - 1;
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_writer_t *writer = NULL;
    dy_lmdb_view_t *view = NULL;
    dy_lmdb_document_t *document = NULL;
    dy_lmdb_segment_t segment;
    const uint8_t one = 1;
    large[last] = 4711;
    EXPECT_OK(dy_lmdb_writer_new(&writer));
    EXPECT_OK(dy_lmdb_writer_array(writer, 3));
    EXPECT_OK(dy_lmdb_writer_segment(writer, DY_LMDB_DTYPE_UINT16, 0, 0, shapes, 1, large));
    EXPECT_OK(dy_lmdb_writer_segment(writer, DY_LMDB_DTYPE_FLOAT32, 0, 0, shapes + 1, 2, NULL));
    EXPECT_OK(dy_lmdb_writer_segment(writer, DY_LMDB_DTYPE_BOOL, 0, 0, NOTHING, &one));
    EXPECT_OK(dy_lmdb_writer_put(writer, store, NOTHING, TEXT("doc"), NULL, NULL));
    dy_lmdb_writer_free(writer);
    EXPECT_OK(dy_lmdb_view_open(store, NOTHING, TEXT("doc"), 0, &view, NULL));
    EXPECT_OK(dy_lmdb_document_open(view, &document));
    EXPECT_OK(dy_lmdb_document_validate(document));
    segment = segment_at(document, "0");
    EXPECT((uintptr_t)segment.data % 64 == 0 && ((const uint16_t *)segment.data)[last] == 4711);
    segment = segment_at(document, "1");
    EXPECT(segment.data != NULL && segment.size == 0 && segment.ndim == 2 && segment.shape[1] == 4);
    segment = segment_at(document, "2");
    EXPECT(segment.ndim == 0 && *(const uint8_t *)segment.data == 1);
    EXPECT_OK(dy_lmdb_document_close(document));
    EXPECT_OK(dy_lmdb_view_close(view));
    EXPECT_OK(dy_lmdb_store_close(store));
}

/* Halves are numbers to whoever wants numbers, complex items are none. */
void test_segment_halves_and_complex(void) {
    static const uint64_t two = 2;
    static const uint16_t halves[] = {0x3e00, 0xc000};
    static const float singles[] = {1.5F, -2, 0, 0.25F};
    static const double doubles[] = {1.5, -2, 0, 0.25};
    static const struct {
        uint32_t dtype;
        size_t itemsize;
        const void *items;
    } rows[] = {
        {DY_LMDB_DTYPE_FLOAT16, 2, halves},
        {DY_LMDB_DTYPE_COMPLEX64, 8, singles},
        {DY_LMDB_DTYPE_COMPLEX128, 16, doubles},
    };
    size_t i;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        dy_lmdb_writer_t *writer = NULL;
        dy_lmdb_document_t *document = NULL;
        dy_lmdb_segment_t segment = new_segment();
        const void *data = NULL;
        size_t size = 0;
        double numbers[2] = {0, 0};
        EXPECT_OK(dy_lmdb_writer_new(&writer));
        EXPECT_OK(dy_lmdb_writer_segment(writer, rows[i].dtype, 0, 0, &two, 1, rows[i].items));
        EXPECT_OK(dy_lmdb_writer_data(writer, &data, &size));
        EXPECT_OK(dy_lmdb_document_from_bytes(data, size, &document));
        if (dy_lmdb_document_segment(document, DY_LMDB_NODE_ROOT, &segment) == DY_LMDB_OK) {
            EXPECT(segment.dtype == rows[i].dtype && segment.itemsize == rows[i].itemsize && segment.unit == 0);
            EXPECT(segment.size == 2 * rows[i].itemsize && memcmp(segment.data, rows[i].items, segment.size) == 0);
        }
        if (rows[i].dtype == DY_LMDB_DTYPE_FLOAT16) {
            EXPECT_OK(dy_lmdb_document_numbers(document, DY_LMDB_NODE_ROOT, numbers, 2, &size));
            EXPECT(size == 2 && numbers[0] == 1.5 && numbers[1] == -2);
            EXPECT_OK(dy_lmdb_numbers_convert(rows[i].dtype, 0, halves, sizeof halves, numbers, 2));
        } else {
            EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT,
                         dy_lmdb_document_numbers(document, DY_LMDB_NODE_ROOT, numbers, 2, &size));
            EXPECT_SAYS("not of numbers");
            EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_numbers_convert(rows[i].dtype, 0, rows[i].items,
                                                                           rows[i].itemsize, numbers, 2));
            EXPECT_SAYS("are no numbers");
        }
        EXPECT_OK(dy_lmdb_document_close(document));
        dy_lmdb_writer_free(writer);
    }
}

void test_segment_writer_errors(void) {
    static const uint64_t shape[33] = {1};
    dy_lmdb_writer_t *writer = NULL;
    const uint32_t f64 = DY_LMDB_DTYPE_FLOAT64;
    EXPECT_OK(dy_lmdb_writer_new(&writer));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_segment(NULL, f64, 0, 0, shape, 1, matrix));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_segment(writer, 7, 0, 0, shape, 1, matrix));
    EXPECT_SAYS("7 is no dtype");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_segment(writer, f64, 4, 0, shape, 1, matrix));
    EXPECT_SAYS("unit 4");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_segment(writer, f64, 0, 8, shape, 1, matrix));
    EXPECT_SAYS("flags 0x8");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT,
                 dy_lmdb_writer_segment(writer, f64, 0, DY_LMDB_SEGMENT_SCALAR, shape, 1, matrix));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_segment(writer, f64, 0, 0, shape, 33, matrix));
    EXPECT_SAYS("32");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_segment(writer, f64, 0, 0, NULL, 1, matrix));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_segment(writer, f64, 0, 0, shape, 1, NULL));
    EXPECT_OK(dy_lmdb_writer_map(writer, 1));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_segment(writer, f64, 0, 0, shape, 1, matrix));
    EXPECT_SAYS("key");
    dy_lmdb_writer_free(writer);
}

void test_segment_filled_in_a_loan(void) {
    static const uint64_t shape[] = {300};
    const uint32_t f64 = DY_LMDB_DTYPE_FLOAT64;
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_bytes_t *path = NULL;
    dy_lmdb_writer_t *writer = NULL;
    dy_lmdb_reference_t *reference = NULL;
    dy_lmdb_loan_t *loan = NULL;
    dy_lmdb_view_t *view = NULL;
    dy_lmdb_document_t *document = NULL;
    dy_lmdb_segment_t segment = new_segment();
    dy_lmdb_put_options_t options;
    dy_lmdb_info_t info = check_info();
    const dy_lmdb_buffer_t *parts = NULL;
    const void *bytes = NULL;
    void *data = NULL;
    size_t size = 0, count = 0;
    uint64_t at = 0;
    bool found = false;
    dy_lmdb_put_options_default(&options);
    options.format = DY_LMDB_FORMAT_MSGPACK;
    EXPECT_OK(dy_lmdb_store_path(store, &path));
    EXPECT_OK(dy_lmdb_reference_new(&reference));
    EXPECT_OK(dy_lmdb_writer_new(&writer));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_reserve(writer, 7, 0, 0, shape, 1, &at));
    EXPECT_SAYS("7 is no dtype");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_reserve(writer, f64, 0, 0, shape, 1, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_reserve(NULL, f64, 0, 0, shape, 1, &at));
    EXPECT_OK(dy_lmdb_writer_map(writer, 2));
    EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("values")));
    EXPECT_OK(dy_lmdb_writer_reserve(writer, f64, 0, 0, shape, 1, &at));
    EXPECT(at % 64 == 0);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_loan_output(writer, reference, &loan));
    EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("n")));
    EXPECT_OK(dy_lmdb_writer_int64(writer, 300));
    EXPECT_FAILS(DY_LMDB_CORRUPT, dy_lmdb_writer_loan_output(writer, reference, &loan));
    EXPECT_OK(dy_lmdb_reference_set(reference, TEXT("_lmdb_db_path"), (const char *)dy_lmdb_bytes_data(path),
                                    dy_lmdb_bytes_size(path)));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_data(writer, &bytes, &size));
    EXPECT_SAYS("reserved");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_parts(writer, &parts, &count));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_loan_output(writer, reference, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_loan_output(NULL, reference, &loan));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_loan_output(writer, NULL, &loan));

    /* Without an output key nothing is published, and the loan ends. */
    EXPECT_OK(dy_lmdb_writer_loan_output(writer, reference, &loan));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_reference_publish_output(NULL, loan, &options, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_reference_publish_output(reference, loan, &options, NULL));
    EXPECT_SAYS("_lmdb_output_key");
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_loan_data(loan, &data, &size));
    EXPECT_OK(dy_lmdb_loan_drop(loan));

    EXPECT_OK(dy_lmdb_reference_set(reference, TEXT("_lmdb_output_key"), TEXT("output:c:1")));
    EXPECT_OK(dy_lmdb_writer_loan_output(writer, reference, &loan));
    EXPECT_OK(dy_lmdb_loan_data(loan, &data, &size));
    for (size_t i = 0; i < 300; i++) {
        ((double *)(void *)((char *)data + at))[i] = (double)i;
    }
    EXPECT_OK(dy_lmdb_reference_publish_output(reference, loan, &options, &info));
    EXPECT(info.format == DY_LMDB_FORMAT_MSGPACK && info.size == size);
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_reference_publish_output(reference, loan, &options, NULL));
    EXPECT_OK(dy_lmdb_loan_drop(loan));

    EXPECT_OK(dy_lmdb_view_open(store, NOTHING, TEXT("output:c:1"), 0, &view, NULL));
    EXPECT_OK(dy_lmdb_document_open(view, &document));
    EXPECT_OK(dy_lmdb_document_validate(document));
    EXPECT_OK(dy_lmdb_document_next_segment(document, 0, &segment, &found));
    EXPECT(found && segment.size == 300 * sizeof(double) && (uintptr_t)segment.data % 64 == 0);
    EXPECT(((const double *)segment.data)[299] == 299.0);
    EXPECT_OK(dy_lmdb_document_close(document));
    dy_lmdb_view_close(view);
    dy_lmdb_bytes_free(path);
    dy_lmdb_writer_free(writer);
    dy_lmdb_reference_free(reference);
    EXPECT_OK(dy_lmdb_store_close(store));
}

void test_segment_reader_errors(void) {
    /* [1, a segment of another version, a text] */
    static const char broken[] = "\x93\x01\xc9\0\0\0\x08\x44\x02" "d\0\0\0\0\0\0\xa1x";
    dy_lmdb_document_t *document = NULL;
    dy_lmdb_segment_t segment = new_segment();
    /* All of the struct that a program of an earlier version knows, and a word behind it. */
    size_t older[4];
    dy_lmdb_segment_t *place = (dy_lmdb_segment_t *)(void *)older;
    const size_t untouched = (size_t)-1 / 255 * 0x5a;
    dy_lmdb_writer_t *writer = sample();
    const void *data = NULL;
    size_t size = 0;
    bool found = false;
    EXPECT_OK(dy_lmdb_document_from_bytes(TEXT(broken), &document));
    EXPECT_FAILS(DY_LMDB_CORRUPT, dy_lmdb_document_validate(document));
    EXPECT_SAYS("byte 8: a segment of version 2");
    EXPECT_FAILS(DY_LMDB_CORRUPT, dy_lmdb_document_segment(document, 2, &segment));
    EXPECT_FAILS(DY_LMDB_CORRUPT, dy_lmdb_document_next_segment(document, 0, &segment, &found));
    EXPECT(segment.data == NULL && segment.ndim == 0);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_segment(document, 1, &segment));
    EXPECT_SAYS("not a segment");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_segment(document, 2, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_segment(NULL, 2, &segment));
    EXPECT_OK(dy_lmdb_document_close(document));

    EXPECT_OK(dy_lmdb_writer_data(writer, &data, &size));
    EXPECT_OK(dy_lmdb_document_from_bytes(data, size, &document));
    EXPECT_OK(dy_lmdb_document_next_segment(document, 0, &segment, &found));
    memset(older, 0x5a, sizeof older);
    older[0] = 3 * sizeof(size_t);
    EXPECT_OK(dy_lmdb_document_segment(document, segment.node, place));
    EXPECT(older[0] == 3 * sizeof(size_t) && older[1] == (uintptr_t)segment.data && older[2] == segment.size);
    EXPECT(older[3] == untouched);
    older[0] = 0;
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_segment(document, segment.node, place));
    EXPECT_SAYS("struct_size of dy_lmdb_segment_t");
    EXPECT_OK(dy_lmdb_document_close(document));
    dy_lmdb_writer_free(writer);
}
