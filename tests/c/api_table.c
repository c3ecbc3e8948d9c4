#include "api.h"
#include "check.h"

#include <string.h>

/* What the interface of Arrow says of its structs, as every program that uses it has them. */
struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};
struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};
struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

/* One pair: "k" is "v". */
static const char pairs[] = {1, 0, 0, 0, 1, 0, 0, 0, 'k', 1, 0, 0, 0, 'v'};
static const double px[] = {1.5, -2, 4};
static const uint8_t px_there[] = {5};
static const int32_t codes[] = {1, 0, 1};
static const int32_t symbol_ends[] = {0, 2, 5};
static const int64_t note_ends[] = {0, 3, 3, 5};

static dy_lmdb_field_t field(const char *name, const char *format, uint64_t length, const void *data) {
    dy_lmdb_field_t made;
    memset(&made, 0, sizeof made);
    made.struct_size = sizeof made;
    made.name = name;
    made.name_size = strlen(name);
    made.format = format;
    made.length = length;
    made.data = data;
    return made;
}

/* {"trades": a table of three rows, "after": 1} */
static dy_lmdb_writer_t *sample(uint32_t origin) {
    dy_lmdb_writer_t *writer = NULL;
    dy_lmdb_field_t symbols = field("", "u", 2, "ABXYZ");
    dy_lmdb_field_t columns[4];
    symbols.offsets = symbol_ends;
    columns[0] = field("px", "g", 3, px);
    columns[0].validity = px_there;
    columns[0].nulls = 1;
    columns[1] = field("symbol", "i", 3, codes);
    columns[1].dictionary = &symbols;
    columns[2] = field("note", "U", 3, "onetw");
    columns[2].offsets = note_ends;
    columns[3] = field("nothing", "n", 3, NULL);
    columns[3].nulls = 3;
    EXPECT_OK(dy_lmdb_writer_new(&writer));
    EXPECT_OK(dy_lmdb_writer_map(writer, 2));
    EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("trades")));
    EXPECT_OK(dy_lmdb_writer_table(writer, origin, 3, columns, 4, pairs, sizeof pairs));
    EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("after")));
    EXPECT_OK(dy_lmdb_writer_int64(writer, 1));
    return writer;
}

static dy_lmdb_document_t *document_of(const dy_lmdb_writer_t *writer) {
    const void *data = NULL;
    size_t size = 0;
    dy_lmdb_document_t *document = NULL;
    EXPECT_OK(dy_lmdb_writer_data(writer, &data, &size));
    EXPECT_OK(dy_lmdb_document_from_bytes(data, size, &document));
    return document;
}

static dy_lmdb_node_t found(const dy_lmdb_document_t *document, const char *path) {
    dy_lmdb_node_t node = DY_LMDB_NODE_NONE;
    EXPECT_OK(dy_lmdb_document_find(document, DY_LMDB_NODE_ROOT, path, strlen(path), &node));
    return node;
}

static dy_lmdb_column_t column_named(const dy_lmdb_document_t *document, dy_lmdb_node_t node, const char *name) {
    dy_lmdb_column_t column;
    memset(&column, 0, sizeof column);
    column.struct_size = sizeof column;
    EXPECT_OK(dy_lmdb_document_column_named(document, node, name, strlen(name), &column));
    return column;
}

void test_table_in_place(void) {
    dy_lmdb_writer_t *writer = sample(DY_LMDB_TABLE_ROWS);
    dy_lmdb_document_t *document = document_of(writer);
    const dy_lmdb_node_t node = found(document, "trades");
    dy_lmdb_table_t table;
    dy_lmdb_column_t column;
    uint8_t is_table = 9;
    memset(&table, 0, sizeof table);
    table.struct_size = sizeof table;
    EXPECT_OK(dy_lmdb_document_validate(document));
    EXPECT_OK(dy_lmdb_document_is_table(document, node, &is_table));
    EXPECT(is_table == 1);
    EXPECT_OK(dy_lmdb_document_is_table(document, DY_LMDB_NODE_ROOT, &is_table));
    EXPECT(is_table == 0);
    EXPECT_OK(dy_lmdb_document_table(document, node, &table));
    EXPECT(table.rows == 3 && table.columns == 4 && table.all_columns == 5 && table.node == node);
    EXPECT(table.end > node && table.origin == DY_LMDB_TABLE_ROWS && table.is_array == 1);
    EXPECT(table.metadata_size == sizeof pairs && memcmp(table.metadata, pairs, sizeof pairs) == 0);
    EXPECT_OK(dy_lmdb_document_check_table(document, node));

    column = column_named(document, node, "px");
    EXPECT(column.length == 3 && column.nulls == 1 && column.index == 0 && column.itemsize == 8);
    EXPECT(strcmp(column.name, "px") == 0 && strcmp(column.format, "g") == 0);
    EXPECT(column.dtype == DY_LMDB_DTYPE_FLOAT64 && column.data_size == sizeof px);
    EXPECT(memcmp(column.data, px, sizeof px) == 0 && *column.validity == 5);
    EXPECT(((uintptr_t)column.data & 63) == 0);
    column = column_named(document, node, "symbol");
    EXPECT(column.dictionary == 4 && column.dtype == 0 && memcmp(column.data, codes, sizeof codes) == 0);
    EXPECT_OK(dy_lmdb_document_column(document, node, column.dictionary, &column));
    EXPECT(column.length == 2 && column.offset_size == 4 && memcmp(column.data, "ABXYZ", 5) == 0);
    column = column_named(document, node, "note");
    EXPECT(column.offset_size == 8 && column.data_size == 5 && column.validity == NULL);
    EXPECT_OK(dy_lmdb_document_column(document, node, 3, &column));
    EXPECT(column.nulls == 3 && column.offsets == NULL);
    EXPECT_OK(dy_lmdb_document_close(document));
    dy_lmdb_writer_free(writer);
}

/* A table answers as the rows or the columns that it was made of. */
void test_table_as_the_plain_value(void) {
    dy_lmdb_writer_t *writer = sample(DY_LMDB_TABLE_ROWS);
    dy_lmdb_document_t *document = document_of(writer);
    dy_lmdb_iterator_t rows;
    dy_lmdb_iterator_t fields;
    uint32_t kind = 0;
    size_t count = 0;
    size_t seen = 0;
    double number = 0;
    const char *text = NULL;
    bool more = false;
    EXPECT_OK(dy_lmdb_document_type(document, found(document, "trades"), &kind));
    EXPECT(kind == DY_LMDB_TYPE_ARRAY);
    EXPECT_OK(dy_lmdb_document_count(document, found(document, "trades"), &count));
    EXPECT(count == 3);
    EXPECT_OK(dy_lmdb_document_double(document, found(document, "trades.2.px"), &number));
    EXPECT(number == 4);
    EXPECT_OK(dy_lmdb_document_type(document, found(document, "trades.1.px"), &kind));
    EXPECT(kind == DY_LMDB_TYPE_NIL);
    EXPECT_OK(dy_lmdb_document_string(document, found(document, "trades.0.symbol"), &text, &count));
    EXPECT(count == 3 && memcmp(text, "XYZ", 3) == 0);
    EXPECT_OK(dy_lmdb_document_iterate(document, found(document, "trades"), &rows));
    for (;;) {
        EXPECT_OK(dy_lmdb_document_next(document, &rows, &more));
        if (!more) {
            break;
        }
        EXPECT(rows.key == DY_LMDB_NODE_NONE);
        EXPECT_OK(dy_lmdb_document_iterate(document, rows.value, &fields));
        for (;;) {
            EXPECT_OK(dy_lmdb_document_next(document, &fields, &more));
            if (!more) {
                break;
            }
            EXPECT_OK(dy_lmdb_document_string(document, fields.key, &text, &count));
            EXPECT_OK(dy_lmdb_document_type(document, fields.value, &kind));
            seen++;
        }
    }
    EXPECT(seen == 12);
    EXPECT_OK(dy_lmdb_document_close(document));
    dy_lmdb_writer_free(writer);

    writer = sample(DY_LMDB_TABLE_COLUMNS);
    document = document_of(writer);
    EXPECT_OK(dy_lmdb_document_type(document, found(document, "trades"), &kind));
    EXPECT(kind == DY_LMDB_TYPE_MAP);
    EXPECT_OK(dy_lmdb_document_double(document, found(document, "trades.px.0"), &number));
    EXPECT(number == 1.5);
    EXPECT_OK(dy_lmdb_document_close(document));
    dy_lmdb_writer_free(writer);
}

static void expect_exported(struct ArrowSchema *schema, struct ArrowArray *array) {
    EXPECT(strcmp(schema->format, "+s") == 0 && schema->n_children == 4);
    EXPECT(strcmp(schema->children[1]->name, "symbol") == 0 && strcmp(schema->children[1]->format, "i") == 0);
    EXPECT(strcmp(schema->children[1]->dictionary->format, "u") == 0);
    EXPECT(array->length == 3 && array->n_children == 4 && array->n_buffers == 1);
    EXPECT(array->children[0]->null_count == 1 && array->children[0]->n_buffers == 2);
    EXPECT(((const double *)array->children[0]->buffers[1])[2] == 4);
    EXPECT(array->children[1]->dictionary->n_buffers == 3 && array->children[3]->n_buffers == 0);
}

/* What was exported outlives document, view and store; a part may be kept alone. */
void test_table_exported(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_writer_t *writer = sample(DY_LMDB_TABLE_ROWS);
    dy_lmdb_view_t *view = NULL;
    dy_lmdb_document_t *document = NULL;
    struct ArrowSchema schema;
    struct ArrowArray array;
    struct ArrowArray kept;
    struct ArrowArrayStream stream;
    EXPECT_OK(dy_lmdb_writer_put(writer, store, NOTHING, TEXT("k"), NULL, NULL));
    dy_lmdb_writer_free(writer);
    EXPECT_OK(dy_lmdb_view_open(store, NOTHING, TEXT("k"), 0, &view, NULL));
    EXPECT_OK(dy_lmdb_document_open(view, &document));
    EXPECT_OK(dy_lmdb_document_export_arrow(document, found(document, "trades"), &schema, &array));
    EXPECT_OK(dy_lmdb_document_export_arrow_stream(document, found(document, "trades"), &stream));
    EXPECT_OK(dy_lmdb_document_close(document));
    EXPECT_OK(dy_lmdb_view_close(view));
    expect_exported(&schema, &array);
    kept = *array.children[0];
    array.children[0]->release = NULL;
    array.release(&array);
    EXPECT(array.release == NULL);
    schema.release(&schema);
    EXPECT(schema.release == NULL);

    EXPECT(stream.get_schema(&stream, &schema) == 0);
    EXPECT(stream.get_next(&stream, &array) == 0);
    expect_exported(&schema, &array);
    schema.release(&schema);
    array.release(&array);
    EXPECT(stream.get_next(&stream, &array) == 0);
    EXPECT(array.release == NULL);
    EXPECT(stream.get_last_error(&stream) == NULL);
    stream.release(&stream);
    EXPECT_OK(dy_lmdb_store_close(store));
    EXPECT(((const double *)kept.buffers[1])[0] == 1.5);
    kept.release(&kept);
}

/* The table of a value, as a document of its own, which outlives the one it was made of. */
static dy_lmdb_document_t *table_of(dy_lmdb_writer_t *writer) {
    dy_lmdb_document_t *document = document_of(writer);
    dy_lmdb_document_t *table = NULL;
    EXPECT_OK(dy_lmdb_document_to_table(document, DY_LMDB_NODE_ROOT, &table));
    EXPECT_OK(dy_lmdb_document_close(document));
    EXPECT_OK(dy_lmdb_writer_reset(writer));
    return table;
}

void test_table_of_plain_values(void) {
    dy_lmdb_writer_t *writer = NULL;
    dy_lmdb_document_t *table = NULL;
    dy_lmdb_document_t *document = NULL;
    dy_lmdb_column_t column;
    uint32_t row = 0;
    EXPECT_OK(dy_lmdb_writer_new(&writer));
    EXPECT_OK(dy_lmdb_writer_array(writer, 3));
    for (row = 0; row < 3; row++) {
        EXPECT_OK(dy_lmdb_writer_map(writer, 2));
        EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("px")));
        EXPECT_OK(dy_lmdb_writer_double(writer, px[row]));
        EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("name")));
        EXPECT_OK(row == 1 ? dy_lmdb_writer_nil(writer) : dy_lmdb_writer_string(writer, TEXT("ab")));
    }
    table = table_of(writer);
    EXPECT_OK(dy_lmdb_document_validate(table));
    column = column_named(table, DY_LMDB_NODE_ROOT, "px");
    EXPECT(column.length == 3 && column.data_size == sizeof px && memcmp(column.data, px, sizeof px) == 0);
    EXPECT(((uintptr_t)column.data & 63) == 0);
    column = column_named(table, DY_LMDB_NODE_ROOT, "name");
    EXPECT(column.nulls == 1 && *column.validity == 5 && column.dictionary != 0);
    EXPECT_OK(dy_lmdb_document_to_table(table, DY_LMDB_NODE_ROOT, &document));
    EXPECT_OK(dy_lmdb_document_close(table));
    EXPECT_OK(dy_lmdb_document_validate(document));
    column = column_named(document, DY_LMDB_NODE_ROOT, "px");
    EXPECT(memcmp(column.data, px, sizeof px) == 0 && ((uintptr_t)column.data & 63) == 0);
    EXPECT_OK(dy_lmdb_document_close(document));

    EXPECT_OK(dy_lmdb_writer_int64(writer, 1));
    document = document_of(writer);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_to_table(document, DY_LMDB_NODE_ROOT, &table));
    EXPECT_SAYS("an integer, not rows");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_to_table(document, DY_LMDB_NODE_ROOT, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_to_table(NULL, DY_LMDB_NODE_ROOT, &table));
    EXPECT_OK(dy_lmdb_document_close(document));
    dy_lmdb_writer_free(writer);
}

/* What leaves through Arrow's interface comes back the same. */
void test_table_of_a_stream(void) {
    dy_lmdb_writer_t *writer = sample(DY_LMDB_TABLE_ROWS);
    dy_lmdb_document_t *document = document_of(writer);
    dy_lmdb_writer_t *again = NULL;
    dy_lmdb_column_t column;
    struct ArrowArrayStream stream;
    EXPECT_OK(dy_lmdb_writer_new(&again));
    EXPECT_OK(dy_lmdb_document_export_arrow_stream(document, found(document, "trades"), &stream));
    EXPECT_OK(dy_lmdb_writer_arrow(again, DY_LMDB_TABLE_ARROW, &stream));
    EXPECT(stream.release == NULL);
    EXPECT_OK(dy_lmdb_document_close(document));
    document = document_of(again);
    EXPECT_OK(dy_lmdb_document_validate(document));
    column = column_named(document, DY_LMDB_NODE_ROOT, "px");
    EXPECT(column.nulls == 1 && *column.validity == 5 && memcmp(column.data, px, sizeof px) == 0);
    column = column_named(document, DY_LMDB_NODE_ROOT, "symbol");
    EXPECT(column.dictionary != 0 && memcmp(column.data, codes, sizeof codes) == 0);
    column = column_named(document, DY_LMDB_NODE_ROOT, "note");
    EXPECT(column.offset_size == 8 && column.data_size == 5 && memcmp(column.data, "onetw", 5) == 0);
    EXPECT_OK(dy_lmdb_document_close(document));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_arrow(again, DY_LMDB_TABLE_ARROW, NULL));
    dy_lmdb_writer_free(again);
    dy_lmdb_writer_free(writer);
}

void test_table_errors(void) {
    dy_lmdb_writer_t *writer = sample(DY_LMDB_TABLE_ROWS);
    dy_lmdb_document_t *document = document_of(writer);
    const dy_lmdb_node_t node = found(document, "trades");
    dy_lmdb_table_t table;
    dy_lmdb_column_t column;
    dy_lmdb_field_t columns[1];
    struct ArrowSchema schema;
    struct ArrowArray array;
    struct ArrowArrayStream stream;
    uint8_t is_table = 0;
    memset(&table, 0, sizeof table);
    memset(&column, 0, sizeof column);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_table(document, node, &table));
    table.struct_size = sizeof table;
    column.struct_size = sizeof column;
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_table(document, node, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_table(NULL, node, &table));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_table(document, DY_LMDB_NODE_ROOT, &table));
    EXPECT_SAYS("a map, not a table");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_table(document, found(document, "trades.1"), &table));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_is_table(document, node, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_is_table(NULL, node, &is_table));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_column(document, node, 5, &column));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_column(document, node, 0, NULL));
    EXPECT_FAILS(DY_LMDB_NOT_FOUND, dy_lmdb_document_column_named(document, node, TEXT("py"), &column));
    EXPECT_SAYS("its columns are \"px\", \"symbol\", \"note\", \"nothing\"");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_check_table(document, DY_LMDB_NODE_ROOT));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_export_arrow(document, node, NULL, &array));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_export_arrow(document, node, &schema, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_export_arrow_stream(document, node, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_document_export_arrow_stream(NULL, node, &stream));
    EXPECT_OK(dy_lmdb_document_close(document));
    EXPECT_OK(dy_lmdb_writer_reset(writer));

    columns[0] = field("x", "g", 3, px);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_table(NULL, 1, 3, columns, 1, NOTHING));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_table(writer, 77, 3, columns, 1, NOTHING));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_table(writer, 1, 3, NULL, 1, NOTHING));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_table(writer, 1, 4, columns, 1, NOTHING));
    EXPECT_SAYS("has 3 values in 4 rows");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_table(writer, 1, 3, columns, 0, NOTHING));
    columns[0].nulls = 1;
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_table(writer, 1, 3, columns, 1, NOTHING));
    columns[0].nulls = 0;
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_table(writer, 1, 3, columns, 1, pairs, sizeof pairs - 1));
    EXPECT_SAYS("no pairs");
    columns[0] = field("x", "?", 3, px);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_table(writer, 1, 3, columns, 1, NOTHING));
    columns[0].format = NULL;
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_table(writer, 1, 3, columns, 1, NOTHING));
    columns[0] = field("x", "u", 3, NULL);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_table(writer, 1, 3, columns, 1, NOTHING));
    columns[0] = field("x", "+l", 3, NULL);
    columns[0].offsets = symbol_ends;
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_writer_table(writer, 1, 3, columns, 1, NOTHING));
    columns[0] = field("x", "u", 0, NULL);
    EXPECT_OK(dy_lmdb_writer_table(writer, DY_LMDB_TABLE_COLUMNS, 0, columns, 1, NOTHING));
    dy_lmdb_writer_free(writer);
}
