/* The instructions of the C ABI's hot paths. `native DIRECTORY`, under callgrind. */
#include "counted.h"

#include <dishtayantra_lmdb.h>
#include <string.h>

#define TEXT(text) text, sizeof(text) - 1
#define LARGE (100 * 1024)

static dy_lmdb_store_t *store;
static char payload[LARGE];

static void must(dy_lmdb_status_t status) {
    if (status != DY_LMDB_OK) {
        fprintf(stderr, "native: %s\n", dy_lmdb_last_error_message());
        exit(1);
    }
}

static void put(const char *key, size_t size) {
    dy_lmdb_buffer_t part = {payload, size};
    dy_lmdb_put_options_t options;
    dy_lmdb_put_options_default(&options);
    must(dy_lmdb_store_put(store, NULL, 0, key, strlen(key), &part, 1, &options, NULL));
}

static void view(const char *key) {
    dy_lmdb_view_t *opened;
    must(dy_lmdb_view_open(store, NULL, 0, key, strlen(key), 0, &opened, NULL));
    dy_lmdb_view_close(opened);
}

static void loan(void) {
    dy_lmdb_loan_t *taken;
    dy_lmdb_put_options_t options;
    dy_lmdb_put_options_default(&options);
    must(dy_lmdb_loan_open(store, LARGE, &taken));
    must(dy_lmdb_loan_publish(taken, NULL, 0, TEXT("loaned"), LARGE, &options, NULL));
}

/* {"values": 1,000 doubles as a segment, "name": "close"} */
static void pack(void) {
    static const double values[1000];
    const uint64_t shape = 1000;
    dy_lmdb_writer_t *writer;
    must(dy_lmdb_writer_new(&writer));
    must(dy_lmdb_writer_map(writer, 2));
    must(dy_lmdb_writer_string(writer, TEXT("values")));
    must(dy_lmdb_writer_segment(writer, 'd', 0, 0, &shape, 1, values));
    must(dy_lmdb_writer_string(writer, TEXT("name")));
    must(dy_lmdb_writer_string(writer, TEXT("close")));
    must(dy_lmdb_writer_put(writer, store, NULL, 0, TEXT("document"), NULL, NULL));
    dy_lmdb_writer_free(writer);
}

static void unpack(void) {
    dy_lmdb_view_t *opened;
    dy_lmdb_document_t *document;
    dy_lmdb_segment_t segment;
    dy_lmdb_node_t node;
    const char *text;
    size_t size;
    segment.struct_size = sizeof segment;
    must(dy_lmdb_view_open(store, NULL, 0, TEXT("document"), 0, &opened, NULL));
    must(dy_lmdb_document_open(opened, &document));
    must(dy_lmdb_document_get(document, DY_LMDB_NODE_ROOT, TEXT("values"), &node));
    must(dy_lmdb_document_segment(document, node, &segment));
    must(dy_lmdb_document_get(document, DY_LMDB_NODE_ROOT, TEXT("name"), &node));
    must(dy_lmdb_document_string(document, node, &text, &size));
    dy_lmdb_document_close(document);
    dy_lmdb_view_close(opened);
}

enum { ROWS = 100 };

/* 100 rows {"id": …, "symbol": "S…", "px": …}, plain. */
static void put_rows(void) {
    dy_lmdb_writer_t *writer;
    char symbol[8];
    int row;
    must(dy_lmdb_writer_new(&writer));
    must(dy_lmdb_writer_array(writer, ROWS));
    for (row = 0; row < ROWS; row++) {
        snprintf(symbol, sizeof symbol, "S%d", row % 7);
        must(dy_lmdb_writer_map(writer, 3));
        must(dy_lmdb_writer_string(writer, TEXT("id")));
        must(dy_lmdb_writer_int64(writer, row));
        must(dy_lmdb_writer_string(writer, TEXT("symbol")));
        must(dy_lmdb_writer_string(writer, symbol, strlen(symbol)));
        must(dy_lmdb_writer_string(writer, TEXT("px")));
        must(dy_lmdb_writer_double(writer, row / 4.0));
    }
    must(dy_lmdb_writer_put(writer, store, NULL, 0, TEXT("rows"), NULL, NULL));
    dy_lmdb_writer_free(writer);
}

/* The same as a table. */
static void put_table(void) {
    static const int32_t ends[] = {0, 2, 4, 6, 8, 10, 12, 14};
    static int64_t ids[ROWS];
    static int32_t codes[ROWS];
    static double prices[ROWS];
    dy_lmdb_field_t columns[3] = {{0}};
    dy_lmdb_field_t symbols = {0};
    const void *const data[3] = {ids, codes, prices};
    const char *const names[3] = {"id", "symbol", "px"};
    const char *const formats[3] = {"l", "i", "g"};
    dy_lmdb_writer_t *writer;
    int row;
    for (row = 0; row < ROWS; row++) {
        ids[row] = row;
        codes[row] = row % 7;
        prices[row] = row / 4.0;
    }
    for (row = 0; row < 3; row++) {
        columns[row].struct_size = sizeof columns[row];
        columns[row].name = names[row];
        columns[row].name_size = strlen(names[row]);
        columns[row].format = formats[row];
        columns[row].length = ROWS;
        columns[row].data = data[row];
    }
    symbols.struct_size = sizeof symbols;
    symbols.format = "u";
    symbols.length = 7;
    symbols.offsets = ends;
    symbols.data = "S0S1S2S3S4S5S6";
    columns[1].dictionary = &symbols;
    must(dy_lmdb_writer_new(&writer));
    must(dy_lmdb_writer_table(writer, DY_LMDB_TABLE_ROWS, ROWS, columns, 3, NULL, 0));
    must(dy_lmdb_writer_put(writer, store, NULL, 0, TEXT("table"), NULL, NULL));
    dy_lmdb_writer_free(writer);
}

/* Goes over rows and asks each for two of its values, as readers of rows do, whether they are plain or a table. */
static void walk(const char *key) {
    dy_lmdb_view_t *opened;
    dy_lmdb_document_t *document;
    dy_lmdb_iterator_t rows;
    dy_lmdb_node_t node;
    const char *text;
    size_t size;
    double px;
    bool more;
    must(dy_lmdb_view_open(store, NULL, 0, key, strlen(key), 0, &opened, NULL));
    must(dy_lmdb_document_open(opened, &document));
    must(dy_lmdb_document_iterate(document, DY_LMDB_NODE_ROOT, &rows));
    for (;;) {
        must(dy_lmdb_document_next(document, &rows, &more));
        if (!more) {
            break;
        }
        must(dy_lmdb_document_get(document, rows.value, TEXT("px"), &node));
        must(dy_lmdb_document_double(document, node, &px));
        must(dy_lmdb_document_get(document, rows.value, TEXT("symbol"), &node));
        must(dy_lmdb_document_string(document, node, &text, &size));
    }
    dy_lmdb_document_close(document);
    dy_lmdb_view_close(opened);
}

static void columns(void) {
    dy_lmdb_view_t *opened;
    dy_lmdb_document_t *document;
    dy_lmdb_column_t column;
    column.struct_size = sizeof column;
    must(dy_lmdb_view_open(store, NULL, 0, TEXT("table"), 0, &opened, NULL));
    must(dy_lmdb_document_open(opened, &document));
    must(dy_lmdb_document_column_named(document, DY_LMDB_NODE_ROOT, TEXT("px"), &column));
    must(dy_lmdb_document_column_named(document, DY_LMDB_NODE_ROOT, TEXT("symbol"), &column));
    must(dy_lmdb_document_column(document, DY_LMDB_NODE_ROOT, column.dictionary, &column));
    dy_lmdb_document_close(document);
    dy_lmdb_view_close(opened);
}

static void gather(void) {
    dy_lmdb_view_t *opened;
    dy_lmdb_document_t *document;
    dy_lmdb_document_t *table;
    must(dy_lmdb_view_open(store, NULL, 0, TEXT("rows"), 0, &opened, NULL));
    must(dy_lmdb_document_open(opened, &document));
    must(dy_lmdb_document_to_table(document, DY_LMDB_NODE_ROOT, &table));
    dy_lmdb_document_close(table);
    dy_lmdb_document_close(document);
    dy_lmdb_view_close(opened);
}

int main(int argc, char **argv) {
    dy_lmdb_options_t options;
    if (argc != 2) {
        fprintf(stderr, "usage: native DIRECTORY\n");
        return 2;
    }
    dy_lmdb_options_default(&options);
    options.flags = DY_LMDB_OPEN_NO_SWEEPER;
    options.map_size = 64 << 20;
    must(dy_lmdb_store_open(argv[1], strlen(argv[1]), &options, &store));
    COUNTED("c put 1 KB", 200, put("small", 1024));
    COUNTED("c put 100 KB", 200, put("large", LARGE));
    COUNTED("c view 1 KB", 500, view("small"));
    COUNTED("c view 100 KB", 500, view("large"));
    COUNTED("c loan and publish 100 KB", 200, loan());
    COUNTED("c pack", 200, pack());
    COUNTED("c unpack", 500, unpack());
    put_rows();
    COUNTED("c put a table", 200, put_table());
    COUNTED("c walk rows", 200, walk("rows"));
    COUNTED("c walk rows of a table", 200, walk("table"));
    COUNTED("c columns of a table", 500, columns());
    COUNTED("c table of plain rows", 200, gather());
    dy_lmdb_store_close(store);
    return 0;
}
