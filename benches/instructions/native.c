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
    dy_lmdb_store_close(store);
    return 0;
}
