#include "api.h"
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A whole file, which the caller frees; `size` may be NULL. NUL-terminated. */
static char *contents(const char *name, size_t *size) {
    char path[4096];
    char *bytes;
    FILE *file;
    long length;
    snprintf(path, sizeof path, "%s/%s", ARRAYS, name);
    file = fopen(path, "rb");
    EXPECT(file != NULL);
    fseek(file, 0, SEEK_END);
    length = ftell(file);
    rewind(file);
    bytes = (char *)malloc((size_t)length + 1);
    EXPECT(fread(bytes, 1, (size_t)length, file) == (size_t)length);
    bytes[length] = '\0';
    fclose(file);
    if (size != NULL) {
        *size = (size_t)length;
    }
    return bytes;
}

/* What follows a name in a row of the table, or NULL. */
static const char *field(const char *row, const char *name) {
    char wanted[64];
    const char *found;
    snprintf(wanted, sizeof wanted, "\"%s\": ", name);
    found = strstr(row, wanted);
    return found == NULL ? NULL : found + strlen(wanted);
}

static unsigned long long number(const char *row, const char *name) { return strtoull(field(row, name), NULL, 10); }

/* The array of a row that says "ok". */
static void expect_array(const char *row, const char *image, const dy_lmdb_array_t *array) {
    const char *at = field(row, "descr") + 1;
    const uint32_t flags = (field(row, "fortran")[0] == 't' ? DY_LMDB_ARRAY_FORTRAN : 0) |
                           (field(row, "big_endian")[0] == 't' ? DY_LMDB_ARRAY_BIG_ENDIAN : 0);
    uint32_t ndim = 0;
    EXPECT(strncmp(array->descr, at, array->descr_len) == 0 && at[array->descr_len] == '"');
    EXPECT(array->dtype == number(row, "dtype") && array->unit == number(row, "unit"));
    EXPECT(array->itemsize == number(row, "itemsize") && array->size == number(row, "size"));
    EXPECT((const char *)array->data == image + number(row, "offset"));
    EXPECT(array->flags == flags);
    for (at = field(row, "shape") + 1; *at != ']' && at[-1] != ']';) {
        char *end;
        EXPECT(array->shape[ndim++] == strtoull(at, &end, 10));
        at = *end == ']' ? end : end + 2;
    }
    EXPECT(array->ndim == ndim);
    at = field(row, "numbers");
    if (at[0] == '[' && array->size > 0) {
        double values[64];
        const size_t count = array->size / array->itemsize;
        size_t i;
        EXPECT_OK(dy_lmdb_numbers_convert(array->dtype, array->flags & DY_LMDB_ARRAY_BIG_ENDIAN, array->data,
                                          array->size, values, 64));
        for (i = 0, at++; i < count; i++) {
            char *end;
            EXPECT(values[i] == strtod(at, &end));
            at = end + 2;
        }
    }
}

void test_array_golden_files(void) {
    char *table = contents("table.json", NULL);
    char *row = table;
    int rows = 0;
    while ((row = strstr(row, "{\"file\": \"")) != NULL) {
        char *end = strchr(row, '\n');
        char name[256];
        size_t size;
        char *image;
        const char *status;
        dy_lmdb_array_t array;
        *end = '\0';
        snprintf(name, sizeof name, "%.*s", (int)(strchr(row + 10, '"') - row - 10), row + 10);
        image = contents(name, &size);
        status = field(row, "status");
        memset(&array, 0, sizeof array);
        array.struct_size = sizeof array;
        if (strncmp(status, "\"ok\"", 4) == 0) {
            EXPECT_OK(dy_lmdb_npy_header(image, size, &array));
            expect_array(row, image, &array);
        } else if (strncmp(status, "\"corrupt\"", 9) == 0) {
            EXPECT_FAILS(DY_LMDB_CORRUPT, dy_lmdb_npy_header(image, size, &array));
        } else {
            EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_npy_header(image, size, &array));
        }
        free(image);
        row = end + 1;
        rows++;
    }
    EXPECT(rows > 100);
    free(table);
}

void test_array_of_a_view(void) {
    static const uint64_t shape[] = {2, 3};
    static const float items[] = {1, 2, 3, 4, 5, 6.5f};
    char header[256];
    size_t size = 0;
    dy_lmdb_buffer_t parts[2];
    dy_lmdb_put_options_t options;
    dy_lmdb_view_t *view = NULL;
    dy_lmdb_array_t array;
    dy_lmdb_store_t *store = check_store();
    memset(&array, 0, sizeof array);
    array.struct_size = sizeof array;
    EXPECT_OK(dy_lmdb_npy_write(TEXT("<f4"), shape, 2, DY_LMDB_ARRAY_FORTRAN, 0, NOTHING, &size));
    EXPECT(size == 128);
    EXPECT_FAILS(DY_LMDB_BUFFER_TOO_SMALL,
                 dy_lmdb_npy_write(TEXT("<f4"), shape, 2, DY_LMDB_ARRAY_FORTRAN, 0, header, 127, &size));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_npy_write(TEXT("<f4"), shape, 2, 4, 0, header, 256, &size));
    EXPECT_OK(dy_lmdb_npy_write(TEXT("<f4"), shape, 2, DY_LMDB_ARRAY_FORTRAN, 0, header, sizeof header, &size));
    parts[0].data = header;
    parts[0].size = size;
    parts[1].data = items;
    parts[1].size = sizeof items;
    dy_lmdb_put_options_default(&options);
    options.format = DY_LMDB_FORMAT_NUMPY;
    EXPECT_OK(dy_lmdb_store_put(store, NOTHING, TEXT("a"), parts, 2, &options, NULL));
    EXPECT_OK(dy_lmdb_view_open(store, NOTHING, TEXT("a"), 0, &view, NULL));
    EXPECT_OK(dy_lmdb_view_array(view, &array));
    EXPECT(array.dtype == DY_LMDB_DTYPE_FLOAT32 && array.flags == DY_LMDB_ARRAY_FORTRAN);
    EXPECT(array.ndim == 2 && array.shape[0] == 2 && array.shape[1] == 3 && array.shape[2] == 0);
    EXPECT((uintptr_t)array.data % 64 == 0 && ((const float *)array.data)[5] == 6.5f);
    EXPECT_OK(dy_lmdb_view_close(view));

    options.format = DY_LMDB_FORMAT_RAW;
    EXPECT_OK(dy_lmdb_store_put(store, NOTHING, TEXT("r"), parts, 2, &options, NULL));
    EXPECT_OK(dy_lmdb_view_open(store, NOTHING, TEXT("r"), 0, &view, NULL));
    EXPECT_FAILS(DY_LMDB_BAD_FORMAT, dy_lmdb_view_array(view, &array));
    EXPECT_SAYS("\"r\"");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_view_array(view, NULL));
    EXPECT_OK(dy_lmdb_view_close(view));
    EXPECT_OK(dy_lmdb_store_close(store));
}

/* Bytes of a document: [[1, 2.0], segment of int8 [3, 4], [true, 5]], and of one that ends in a text. */
void test_numbers_of_lists(void) {
    static const uint64_t two = 2;
    static const int8_t row[] = {3, 4};
    dy_lmdb_writer_t *writer = NULL;
    dy_lmdb_document_t *document = NULL;
    dy_lmdb_numbers_t numbers;
    double values[6];
    const void *data;
    size_t size;
    int damaged;
    memset(&numbers, 0, sizeof numbers);
    numbers.struct_size = sizeof numbers;
    EXPECT_OK(dy_lmdb_writer_new(&writer));
    for (damaged = 0; damaged < 2; damaged++) {
        EXPECT_OK(dy_lmdb_writer_reset(writer));
        EXPECT_OK(dy_lmdb_writer_array(writer, 3));
        EXPECT_OK(dy_lmdb_writer_array(writer, 2));
        EXPECT_OK(dy_lmdb_writer_int64(writer, 1));
        EXPECT_OK(dy_lmdb_writer_double(writer, 2));
        EXPECT_OK(dy_lmdb_writer_segment(writer, DY_LMDB_DTYPE_INT8, 0, 0, &two, 1, row));
        EXPECT_OK(dy_lmdb_writer_array(writer, 2));
        EXPECT_OK(dy_lmdb_writer_bool(writer, true));
        EXPECT_OK(damaged ? dy_lmdb_writer_string(writer, "x", 1) : dy_lmdb_writer_int64(writer, 5));
        EXPECT_OK(dy_lmdb_writer_data(writer, &data, &size));
        EXPECT_OK(dy_lmdb_document_from_bytes(data, size, &document));
        EXPECT_OK(dy_lmdb_numbers_describe(document, DY_LMDB_NODE_ROOT, &numbers));
        EXPECT(numbers.data == NULL && numbers.count == 6 && numbers.flags == DY_LMDB_SEGMENT_LIST);
        EXPECT(numbers.ndim == 2 && numbers.shape[0] == 3 && numbers.shape[1] == 2 && numbers.shape[2] == 0);
        EXPECT_FAILS(DY_LMDB_BUFFER_TOO_SMALL, dy_lmdb_numbers_copy(document, DY_LMDB_NODE_ROOT, values, 5));
        if (damaged) {
            EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_numbers_copy(document, DY_LMDB_NODE_ROOT, values, 6));
            EXPECT_SAYS("item [2][1], is a string");
        } else {
            const double wanted[] = {1, 2, 3, 4, 1, 5};
            EXPECT_OK(dy_lmdb_numbers_copy(document, DY_LMDB_NODE_ROOT, values, 6));
            EXPECT(memcmp(values, wanted, sizeof wanted) == 0);
        }
        EXPECT_OK(dy_lmdb_document_close(document));
    }
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_numbers_convert('M', 0, values, 8, values, 1));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_numbers_convert('d', 0, values, 9, values, 2));
    EXPECT_FAILS(DY_LMDB_BUFFER_TOO_SMALL, dy_lmdb_numbers_convert('d', 0, values, 16, values, 1));
    dy_lmdb_writer_free(writer);
}
