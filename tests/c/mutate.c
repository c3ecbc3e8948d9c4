/* Damaged documents: the golden ones with bytes changed, cut off or put in at random. Whatever they say, nothing outside the
   payload is read: it ends where a page begins that cannot be read, and lies in a block of exactly its size, of which
   valgrind knows the end. `mutate [ROUNDS]`: every round is the same in every run. */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#endif

#include "check.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef FIXTURES
#error "FIXTURES is the directory of the golden documents"
#endif

#define LARGEST 16384
#define DEFAULT_ROUNDS 24000
/* A value may be looked at from several others; this is far more than any golden document has. */
#define MOST_NODES 20000

static const char *const names[] = {
    "columns",          "dtypes",           "lists",            "plain",           "positions",        "root",
    "shapes",           "times",            "../exact/root",    "../exact/arrays", "../exact/values",  "../tables/rows",
    "../tables/list",   "../tables/kinds",  "../tables/nested", "../tables/frame", "../tables/series", "../tables/empty",
    "../tables/root"};

typedef struct payload_t {
    unsigned char bytes[LARGEST];
    size_t size;
} payload_t;

typedef struct walk_t {
    const dy_lmdb_document_t *document;
    const unsigned char *first;
    size_t size;
    long nodes;
    /* Depends on every byte that was told of, so that each of them is read. */
    unsigned sum;
} walk_t;

static payload_t golden[sizeof names / sizeof *names];
static long rounds = DEFAULT_ROUNDS;
static uint64_t state;

static uint64_t next_random(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * UINT64_C(0x2545F4914F6CDD1D) >> 11;
}

static size_t below(size_t bound) { return (size_t)(next_random() % bound); }

/* Damages a payload in one to four ways. */
static void mutate(payload_t *payload) {
    static const unsigned char telling[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xc1, 0xc4, 0xc6, 0xc7, 0xc9, 0xd4, 0xd8,
                                            0xd9, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xff, 0x44, 0x3f, 0x4d, 0x21, 0x41};
    size_t changes = 1 + below(4);
    while (changes-- > 0 && payload->size > 0) {
        size_t at = below(payload->size), length = 1 + below(12);
        switch (below(5)) {
        case 0: payload->bytes[at] = (unsigned char)next_random(); break;
        case 1: payload->bytes[at] = telling[below(sizeof telling)]; break;
        case 2: payload->size = at; break;
        case 3: /* some bytes out */
            if (length > payload->size - at) length = payload->size - at;
            memmove(payload->bytes + at, payload->bytes + at + length, payload->size - at - length);
            payload->size -= length;
            break;
        default: /* some bytes in, as a length would be */
            if (payload->size + length > LARGEST) break;
            memmove(payload->bytes + at + length, payload->bytes + at, payload->size - at);
            memset(payload->bytes + at, below(2) ? 0xff : 0x00, length);
            payload->size += length;
        }
    }
}

/* Bytes that were told of lie in the payload; reads them. */
static void read_all(walk_t *walk, const void *data, size_t size) {
    const unsigned char *bytes = (const unsigned char *)data;
    size_t i;
    EXPECT(size == 0 || (bytes >= walk->first && size <= walk->size &&
                         (size_t)(bytes - walk->first) <= walk->size - size));
    for (i = 0; i < size; i++) walk->sum += bytes[i];
}

static void visit_segment(walk_t *walk, const dy_lmdb_segment_t *segment) {
    const bool is_complex = segment->dtype == DY_LMDB_DTYPE_COMPLEX64 || segment->dtype == DY_LMDB_DTYPE_COMPLEX128;
    EXPECT(segment->ndim <= DY_LMDB_SEGMENT_MAX_NDIM && segment->itemsize > 0);
    /* Complex items lie as their parts do. */
    EXPECT((uintptr_t)segment->data % (is_complex ? segment->itemsize / 2 : segment->itemsize) == 0);
    read_all(walk, segment->data, segment->size);
}

/* What a stream of the interface of Arrow is, as far as it is used here. */
struct ArrowArrayStream {
    void *functions[3];
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

/* Reads the columns of a table; of one that was checked, each value where it lies. */
static void visit_table(walk_t *walk, const dy_lmdb_table_t *table) {
    struct ArrowArrayStream stream;
    dy_lmdb_column_t column;
    const bool checked = dy_lmdb_document_check_table(walk->document, table->node) == DY_LMDB_OK;
    uint32_t index;
    uint64_t row;
    read_all(walk, table->metadata, table->metadata_size);
    memset(&column, 0, sizeof column);
    column.struct_size = sizeof column;
    for (index = 0; index < table->all_columns; index++) {
        const dy_lmdb_status_t status = dy_lmdb_document_column(walk->document, table->node, index, &column);
        EXPECT(status == DY_LMDB_OK || !checked);
        if (status != DY_LMDB_OK) continue;
        read_all(walk, column.name, column.name_size + 1);
        read_all(walk, column.format, strlen(column.format) + 1);
        read_all(walk, column.data, column.data_size);
        read_all(walk, column.metadata, column.metadata_size);
        if (column.validity != NULL) read_all(walk, column.validity, (size_t)(column.length + 7) / 8);
        if (column.offsets == NULL) continue;
        read_all(walk, column.offsets, (size_t)(column.length + 1) * column.offset_size);
        for (row = 0; checked && column.children == 0 && row < column.length; row++) {
            uint64_t ends[2];
            if (column.offset_size == 8) {
                memcpy(ends, (const char *)column.offsets + 8 * row, 16);
            } else {
                uint32_t few[2];
                memcpy(few, (const char *)column.offsets + 4 * row, 8);
                ends[0] = few[0];
                ends[1] = few[1];
            }
            EXPECT(ends[0] <= ends[1]);
            if (ends[1] > ends[0]) read_all(walk, (const char *)column.data + ends[0], (size_t)(ends[1] - ends[0]));
        }
    }
    memset(&stream, 0, sizeof stream);
    EXPECT((dy_lmdb_document_export_arrow_stream(walk->document, table->node, &stream) == DY_LMDB_OK) == checked);
    if (checked) stream.release(&stream);
}

/* Asks everything that can be asked of the value at a position, whatever it is. */
static void visit(walk_t *walk, dy_lmdb_node_t node, int depth) {
    static double numbers[LARGEST];
    const dy_lmdb_document_t *document = walk->document;
    dy_lmdb_segment_t segment;
    dy_lmdb_table_t table;
    dy_lmdb_document_t *made = NULL;
    dy_lmdb_iterator_t iterator;
    dy_lmdb_node_t found = 0;
    uint32_t kind = 0;
    const char *text = NULL;
    const void *data = NULL;
    size_t size = 0;
    bool flag = false;
    int64_t whole = 0;
    uint64_t positive = 0;
    double number = 0;
    if (depth > 600 || walk->nodes++ > MOST_NODES) return;
    memset(&segment, 0, sizeof segment);
    segment.struct_size = sizeof segment;
    dy_lmdb_document_type(document, node, &kind);
    dy_lmdb_document_count(document, node, &size);
    dy_lmdb_document_bool(document, node, &flag);
    dy_lmdb_document_int64(document, node, &whole);
    dy_lmdb_document_uint64(document, node, &positive);
    dy_lmdb_document_double(document, node, &number);
    dy_lmdb_document_numbers(document, node, numbers, LARGEST, &size);
    dy_lmdb_document_get(document, node, TEXT("values"), &found);
    dy_lmdb_document_at(document, node, 1, &found);
    dy_lmdb_document_find(document, node, TEXT("a.0.values"), &found);
    if (dy_lmdb_document_string(document, node, &text, &size) == DY_LMDB_OK) read_all(walk, text, size);
    if (dy_lmdb_document_bytes(document, node, &data, &size) == DY_LMDB_OK) read_all(walk, data, size);
    if (dy_lmdb_document_segment(document, node, &segment) == DY_LMDB_OK) visit_segment(walk, &segment);
    memset(&table, 0, sizeof table);
    table.struct_size = sizeof table;
    if (dy_lmdb_document_table(document, node, &table) == DY_LMDB_OK) visit_table(walk, &table);
    if (depth < 2 && dy_lmdb_document_to_table(document, node, &made) == DY_LMDB_OK) {
        EXPECT_OK(dy_lmdb_document_table(made, DY_LMDB_NODE_ROOT, &table));
        EXPECT_OK(dy_lmdb_document_close(made));
    }
    if (dy_lmdb_document_iterate(document, node, &iterator) != DY_LMDB_OK) return;
    while (dy_lmdb_document_next(document, &iterator, &flag) == DY_LMDB_OK && flag) {
        if (iterator.key != DY_LMDB_NODE_NONE) visit(walk, iterator.key, depth + 1);
        visit(walk, iterator.value, depth + 1);
        if (walk->nodes > MOST_NODES) return;
    }
}

/* Looks at a payload in every way: from its beginning, at positions where no value need begin, segment by segment. */
static unsigned look(const unsigned char *first, size_t size) {
    walk_t walk;
    dy_lmdb_document_t *document = NULL;
    dy_lmdb_segment_t segment;
    bool found = true;
    int i;
    EXPECT_OK(dy_lmdb_document_from_bytes(first, size, &document));
    memset(&walk, 0, sizeof walk);
    walk.document = document;
    walk.first = first;
    walk.size = size;
    walk.sum = (unsigned)dy_lmdb_document_validate(document);
    visit(&walk, DY_LMDB_NODE_ROOT, 0);
    for (i = 0; i < 8; i++) {
        walk.nodes = 0;
        visit(&walk, i == 0 ? UINT64_MAX : below(size + 2), 590);
    }
    memset(&segment, 0, sizeof segment);
    segment.struct_size = sizeof segment;
    while (dy_lmdb_document_next_segment(document, segment.end, &segment, &found) == DY_LMDB_OK && found)
        visit_segment(&walk, &segment);
    EXPECT_OK(dy_lmdb_document_close(document));
    return walk.sum;
}

/* Memory that ends where a page that cannot be read begins. */
static unsigned char *guarded(void) {
    static unsigned char *end = NULL;
    if (end == NULL) {
        size_t page = (size_t)sysconf(_SC_PAGESIZE);
        void *area = mmap(NULL, LARGEST + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        EXPECT(area != MAP_FAILED);
        end = (unsigned char *)area + LARGEST;
        EXPECT(mprotect(end, page, PROT_NONE) == 0);
    }
    return end;
}

static void test_damaged_documents_are_never_read_beyond_their_end(void) {
    static payload_t payload;
    long round;
    for (round = 0; round < rounds; round++) {
        const payload_t *from = &golden[(size_t)round % (sizeof golden / sizeof *golden)];
        unsigned char *before_guard, *block = NULL;
        state = (uint64_t)round + 1;
        (void)next_random();
        memcpy(payload.bytes, from->bytes, from->size);
        payload.size = from->size;
        mutate(&payload);

        before_guard = guarded() - payload.size;
        memcpy(before_guard, payload.bytes, payload.size);
        look(before_guard, payload.size);

        /* Where segments are aligned, as in a store. */
        EXPECT(posix_memalign((void **)&block, 64, payload.size > 0 ? payload.size : 1) == 0);
        memcpy(block, payload.bytes, payload.size);
        look(block, payload.size);
        free(block);
    }
}

static void test_the_golden_documents_themselves_are_right(void) {
    size_t i;
    for (i = 0; i < sizeof golden / sizeof *golden; i++) {
        dy_lmdb_document_t *document = NULL;
        EXPECT_OK(dy_lmdb_document_from_bytes(golden[i].bytes, golden[i].size, &document));
        EXPECT_OK(dy_lmdb_document_validate(document));
        EXPECT_OK(dy_lmdb_document_close(document));
    }
}

static void free_field(const dy_lmdb_field_t *field) {
    size_t child;
    if (field->dictionary != NULL) {
        free_field(field->dictionary);
        free((void *)field->dictionary);
    }
    for (child = 0; child < field->child_count; child++) free_field(&field->children[child]);
    free((void *)field->children);
}

/* A column that a table has, as one that is to be written. */
static dy_lmdb_field_t field_of(const dy_lmdb_document_t *document, dy_lmdb_node_t node, uint32_t index) {
    dy_lmdb_column_t column;
    dy_lmdb_field_t field;
    uint32_t child;
    memset(&column, 0, sizeof column);
    memset(&field, 0, sizeof field);
    column.struct_size = sizeof column;
    field.struct_size = sizeof field;
    EXPECT_OK(dy_lmdb_document_column(document, node, index, &column));
    field.name = column.name;
    field.name_size = column.name_size;
    field.format = column.format;
    field.length = column.length;
    field.nulls = column.nulls;
    field.validity = column.validity;
    field.data = strcmp(column.format, "n") == 0 ? NULL : column.data;
    field.offsets = column.offsets;
    field.flags = column.flags;
    field.metadata = column.metadata;
    field.metadata_size = column.metadata_size;
    if (column.dictionary != 0) {
        dy_lmdb_field_t *values = (dy_lmdb_field_t *)malloc(sizeof *values);
        *values = field_of(document, node, column.dictionary);
        field.dictionary = values;
    }
    if (column.children != 0) {
        dy_lmdb_field_t *children = (dy_lmdb_field_t *)malloc(column.children * sizeof *children);
        for (child = 0; child < column.children; child++)
            children[child] = field_of(document, node, column.first_child + child);
        field.children = children;
        field.child_count = column.children;
    }
    return field;
}

static void test_golden_tables_are_written_again_byte_for_byte(void) {
    size_t i, size = 0, tables = 0;
    for (i = 0; i < sizeof golden / sizeof *golden; i++) {
        dy_lmdb_document_t *document = NULL;
        dy_lmdb_writer_t *writer = NULL;
        dy_lmdb_field_t columns[64];
        dy_lmdb_table_t table;
        dy_lmdb_node_t node = DY_LMDB_NODE_ROOT;
        unsigned char *block = NULL;
        const void *written = NULL;
        const char *text = NULL;
        uint32_t index;
        const bool root = strcmp(names[i], "../tables/root") == 0;
        if (strncmp(names[i], "../tables/", 10) != 0) continue;
        EXPECT(posix_memalign((void **)&block, 64, golden[i].size) == 0);
        memcpy(block, golden[i].bytes, golden[i].size);
        EXPECT_OK(dy_lmdb_document_from_bytes(block, golden[i].size, &document));
        if (!root) EXPECT_OK(dy_lmdb_document_get(document, DY_LMDB_NODE_ROOT, TEXT("table"), &node));
        memset(&table, 0, sizeof table);
        table.struct_size = sizeof table;
        EXPECT_OK(dy_lmdb_document_table(document, node, &table));
        EXPECT(table.columns <= sizeof columns / sizeof *columns);
        for (index = 0; index < table.columns; index++) columns[index] = field_of(document, node, index);
        EXPECT_OK(dy_lmdb_writer_new(&writer));
        if (!root) {
            dy_lmdb_node_t before = 0;
            EXPECT_OK(dy_lmdb_writer_map(writer, 3));
            EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("before")));
            EXPECT_OK(dy_lmdb_document_get(document, DY_LMDB_NODE_ROOT, TEXT("before"), &before));
            EXPECT_OK(dy_lmdb_document_string(document, before, &text, &size));
            EXPECT_OK(dy_lmdb_writer_string(writer, text, size));
            EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("table")));
        }
        EXPECT_OK(dy_lmdb_writer_table(writer, table.origin, table.rows, columns, table.columns, table.metadata,
                                       table.metadata_size));
        if (!root) {
            EXPECT_OK(dy_lmdb_writer_string(writer, TEXT("after")));
            EXPECT_OK(dy_lmdb_writer_int64(writer, 1));
        }
        EXPECT_OK(dy_lmdb_writer_data(writer, &written, &size));
        EXPECT(size == golden[i].size && memcmp(written, golden[i].bytes, size) == 0);
        for (index = 0; index < table.columns; index++) free_field(&columns[index]);
        dy_lmdb_writer_free(writer);
        EXPECT_OK(dy_lmdb_document_close(document));
        free(block);
        tables++;
    }
    EXPECT(tables >= 8);
}

static void read_golden(void) {
    size_t i;
    for (i = 0; i < sizeof golden / sizeof *golden; i++) {
        char path[1024];
        FILE *file;
        snprintf(path, sizeof path, "%s/%s.msgpack", FIXTURES, names[i]);
        file = fopen(path, "rb");
        EXPECT(file != NULL);
        golden[i].size = fread(golden[i].bytes, 1, LARGEST, file);
        EXPECT(golden[i].size > 0 && golden[i].size < LARGEST);
        fclose(file);
    }
}

static const check_case_t cases[] = {
    {"test_the_golden_documents_themselves_are_right", test_the_golden_documents_themselves_are_right},
    {"test_golden_tables_are_written_again_byte_for_byte", test_golden_tables_are_written_again_byte_for_byte},
    {"test_damaged_documents_are_never_read_beyond_their_end", test_damaged_documents_are_never_read_beyond_their_end},
};

int main(int argc, char **argv) {
    if (argc > 1) rounds = atol(argv[1]);
    read_golden();
    return check_run(argv[0], cases, sizeof cases / sizeof *cases);
}
