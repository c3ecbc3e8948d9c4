#include "api.h"
#include "check.h"

#include <stdlib.h>
#include <string.h>

enum { FIELDS = 9, ROOM = 32 };

/* Names and texts of a mapping, as a caller merges them. */
typedef struct {
    dy_lmdb_buffer_t names[ROOM];
    dy_lmdb_buffer_t texts[ROOM];
    size_t count;
    char *kept[ROOM];
} mapping_t;

static char *copied(const char *text, size_t size) {
    char *copy = (char *)malloc(size + 1);
    memcpy(copy, text, size);
    copy[size] = 0;
    return copy;
}

static void set(mapping_t *mapping, const char *name, const char *text, size_t size) {
    size_t at = 0;
    while (at < mapping->count && strcmp((const char *)mapping->names[at].data, name) != 0) {
        at++;
    }
    if (at == mapping->count) {
        mapping->names[at].data = copied(name, strlen(name));
        mapping->names[at].size = strlen(name);
        mapping->kept[at] = NULL;
        mapping->count++;
    }
    free(mapping->kept[at]);
    mapping->kept[at] = copied(text, size);
    mapping->texts[at].data = mapping->kept[at];
    mapping->texts[at].size = size;
}

static void clear(mapping_t *mapping) {
    for (size_t at = 0; at < mapping->count; at++) {
        free((void *)(uintptr_t)mapping->names[at].data);
        free(mapping->kept[at]);
    }
    mapping->count = 0;
}

/* Updates a mapping with the fields of a reference. */
static void update(mapping_t *mapping, const dy_lmdb_reference_t *reference) {
    dy_lmdb_buffer_t fields[FIELDS];
    EXPECT_OK(dy_lmdb_reference_fields(reference, fields, FIELDS));
    for (size_t at = 0; at < FIELDS; at++) {
        char name[64];
        if (fields[at].data == NULL) {
            continue;
        }
        strcpy(name, dy_lmdb_reference_name((uint32_t)at));
        if (at == FIELDS - 1) {
            const char *entry = (const char *)fields[FIELDS - 2].data;
            strncat(name, entry + 33, 16);
            strcat(name, "_");
            strncat(name, entry, 8);
        }
        set(mapping, name, (const char *)fields[at].data, fields[at].size);
    }
}

/* A reference that stands for the output of exchange `id`. */
static dy_lmdb_reference_t *output(dy_lmdb_exchange_t *exchange, const char *id, const char *payload) {
    dy_lmdb_reference_t *asked = NULL;
    dy_lmdb_reference_t *made = NULL;
    dy_lmdb_buffer_t part;
    part.data = payload;
    part.size = strlen(payload);
    EXPECT_OK(dy_lmdb_exchange_reference(exchange, id, strlen(id), &asked));
    EXPECT_FAILS(DY_LMDB_NOT_FOUND, dy_lmdb_exchange_output_reference(exchange, asked, &made));
    EXPECT(made == NULL);
    EXPECT_OK(dy_lmdb_reference_put_output(asked, &part, 1, NULL, NULL));
    EXPECT_OK(dy_lmdb_exchange_output_reference(exchange, asked, &made));
    dy_lmdb_reference_free(asked);
    return made;
}

static void holds(const dy_lmdb_reference_t *reference, const char *wanted) {
    dy_lmdb_view_t *view = NULL;
    dy_lmdb_info_t info = check_info();
    EXPECT_OK(dy_lmdb_reference_view_input(reference, &view, &info));
    EXPECT(info.size == strlen(wanted) && memcmp(info.data, wanted, info.size) == 0);
    EXPECT_OK(dy_lmdb_view_close(view));
}

static dy_lmdb_exchange_t *open_exchange_in(const char *directory) {
    char *config = check_config(directory, "");
    dy_lmdb_exchange_t *exchange = NULL;
    EXPECT_OK(dy_lmdb_exchange_open(config, strlen(config), TEXT("calc"), &exchange));
    free(config);
    return exchange;
}

static dy_lmdb_exchange_t *open_exchange(void) {
    return open_exchange_in(check_store_directory());
}

void test_reference_names(void) {
    static const char *const names[] = {"_lmdb_ref", "_lmdb_input_key", "_lmdb_output_key", "_lmdb_db_path",
                                        "_lmdb_db_name", "_lmdb_format", "_txn_id", "_lmdb_entry",
                                        "_lmdb_ref_", "_lmdb_output_written"};
    for (uint32_t at = 0; at < sizeof names / sizeof *names; at++) {
        const char *name = dy_lmdb_reference_name(at);
        EXPECT(name != NULL && strcmp(name, names[at]) == 0);
    }
    EXPECT(dy_lmdb_reference_name(sizeof names / sizeof *names) == NULL);
}

void test_references_merged(void) {
    dy_lmdb_exchange_t *exchange = open_exchange();
    dy_lmdb_reference_t *first = output(exchange, "1", "one");
    dy_lmdb_reference_t *second = output(exchange, "2", "two");
    dy_lmdb_reference_t *beside = NULL;
    dy_lmdb_reference_t *inputs[ROOM];
    dy_lmdb_reference_t *asked = NULL;
    mapping_t mapping;
    size_t ninputs = 77;
    mapping.count = 0;

    EXPECT_OK(dy_lmdb_references_of(NULL, NULL, 0, NULL, &ninputs, &asked));
    EXPECT(ninputs == 0 && asked == NULL);
    set(&mapping, "x", TEXT("1"));
    EXPECT_OK(dy_lmdb_references_of(mapping.names, mapping.texts, mapping.count, inputs, &ninputs, &asked));
    EXPECT(ninputs == 0 && asked == NULL);

    update(&mapping, first);
    update(&mapping, second);
    EXPECT_OK(dy_lmdb_references_of(mapping.names, mapping.texts, mapping.count, inputs, &ninputs, &asked));
    EXPECT(ninputs == 2 && asked == NULL);
    holds(inputs[0], "one");
    holds(inputs[1], "two");
    dy_lmdb_reference_free(inputs[0]);
    dy_lmdb_reference_free(inputs[1]);

    EXPECT_OK(dy_lmdb_exchange_reference(exchange, TEXT("3"), &beside));
    set(&mapping, "_lmdb_output_key", TEXT("output:calc:3"));
    EXPECT_OK(dy_lmdb_references_of(mapping.names, mapping.texts, mapping.count, inputs, &ninputs, &asked));
    EXPECT(ninputs == 2 && asked != NULL);
    dy_lmdb_reference_free(inputs[0]);
    dy_lmdb_reference_free(inputs[1]);
    dy_lmdb_reference_free(asked);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT,
                 dy_lmdb_references_of(mapping.names, NULL, mapping.count, inputs, &ninputs, &asked));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT,
                 dy_lmdb_references_of(mapping.names, mapping.texts, mapping.count, NULL, &ninputs, &asked));

    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_exchange_output_reference(exchange, first, &asked));
    EXPECT_SAYS("_lmdb_output_key");
    clear(&mapping);
    dy_lmdb_reference_free(beside);
    dy_lmdb_reference_free(first);
    dy_lmdb_reference_free(second);
    EXPECT_OK(dy_lmdb_exchange_close(exchange));
}

void test_references_that_do_not_match(void) {
    dy_lmdb_exchange_t *exchange = open_exchange();
    dy_lmdb_reference_t *first = output(exchange, "1", "one");
    dy_lmdb_reference_t *inputs[ROOM];
    dy_lmdb_reference_t *asked = NULL;
    dy_lmdb_store_t *store = NULL;
    dy_lmdb_view_t *view = NULL;
    mapping_t mapping;
    size_t ninputs = 77;
    mapping.count = 0;
    update(&mapping, first);
    set(&mapping, "_lmdb_input_key", TEXT("output:calc:2"));
    EXPECT_FAILS(DY_LMDB_CORRUPT, dy_lmdb_references_of(mapping.names, mapping.texts, mapping.count, inputs,
                                                        &ninputs, &asked));
    EXPECT_SAYS("output:calc:2");
    EXPECT(ninputs == 77);
    clear(&mapping);

    /* Another entry under the key, then another store under the path. */
    EXPECT_OK(dy_lmdb_exchange_store(exchange, &store));
    EXPECT_OK(dy_lmdb_store_put(store, NOTHING, TEXT("output:calc:1"), NULL, 0, NULL, NULL));
    EXPECT_FAILS(DY_LMDB_NOT_FOUND, dy_lmdb_reference_view_input(first, &view, NULL));
    EXPECT_SAYS("replaced");
    EXPECT_OK(dy_lmdb_reference_set(first, TEXT("_lmdb_entry"),
                                    TEXT("00000000000000000000000000000001:0000000000000001")));
    EXPECT_FAILS(DY_LMDB_FOREIGN_STORE, dy_lmdb_reference_view_input(first, &view, NULL));
    EXPECT_FAILS(DY_LMDB_CORRUPT, dy_lmdb_reference_set(first, TEXT("_lmdb_entry"), TEXT("1:2")));
    EXPECT_SAYS("_lmdb_entry");
    EXPECT(view == NULL);
    EXPECT_OK(dy_lmdb_store_close(store));
    dy_lmdb_reference_free(first);
    EXPECT_OK(dy_lmdb_exchange_close(exchange));
}

void test_allowed_roots(void) {
    const char *directory = check_directory();
    dy_lmdb_exchange_t *exchange;
    dy_lmdb_reference_t *reference;
    dy_lmdb_view_t *view = NULL;
    dy_lmdb_buffer_t root;
    check_forget_store();
    exchange = open_exchange_in(directory);
    reference = output(exchange, "1", "one");
    root.data = "/nowhere";
    root.size = 8;
    EXPECT_OK(dy_lmdb_exchange_close(exchange));
    EXPECT_OK(dy_lmdb_allowed_roots_set(&root, 1));
    EXPECT_FAILS(DY_LMDB_PERMISSION, dy_lmdb_reference_view_input(reference, &view, NULL));
    EXPECT_SAYS("/nowhere");
    EXPECT_OK(dy_lmdb_allowed_roots_set(NULL, 0));
    holds(reference, "one");
    root.size = 0;
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_allowed_roots_set(&root, 1));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_allowed_roots_set(NULL, 1));
    dy_lmdb_reference_free(reference);
    check_forget_directory(directory);
}

/* A mount of another container's, which is not here. */
#define THEIRS "/dy/their/mount"

static dy_lmdb_buffer_t buffer(const char *text) {
    dy_lmdb_buffer_t made;
    made.data = text;
    made.size = strlen(text);
    return made;
}

void test_path_map(void) {
    const char *directory = check_directory();
    dy_lmdb_exchange_t *exchange;
    dy_lmdb_reference_t *reference;
    dy_lmdb_view_t *view = NULL;
    dy_lmdb_buffer_t theirs[2], ours[2];
    check_forget_store();
    exchange = open_exchange_in(directory);
    reference = output(exchange, "1", "one");
    EXPECT_OK(dy_lmdb_reference_set(reference, TEXT("_lmdb_db_path"), TEXT(THEIRS "/store")));
    /* Open, the store is found by its id. */
    holds(reference, "one");
    EXPECT_OK(dy_lmdb_exchange_close(exchange));
    theirs[0] = buffer(THEIRS);
    ours[0] = buffer("/nowhere");
    theirs[1] = buffer(THEIRS "/store");
    ours[1] = buffer(directory);
    EXPECT_OK(dy_lmdb_path_map_set(theirs, ours, 1));
    EXPECT_FAILS(DY_LMDB_NOT_FOUND, dy_lmdb_reference_view_input(reference, &view, NULL));
    EXPECT_SAYS(THEIRS "/store");
    EXPECT_SAYS("/nowhere/store");
    EXPECT_SAYS("lmdb_path_map");
    EXPECT_OK(dy_lmdb_path_map_set(theirs, ours, 2));
    holds(reference, "one");
    EXPECT_OK(dy_lmdb_path_map_set(NULL, NULL, 0));
    EXPECT_FAILS(DY_LMDB_NOT_FOUND, dy_lmdb_reference_view_input(reference, &view, NULL));

    ours[1] = buffer("relative");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_path_map_set(theirs, ours, 2));
    EXPECT_SAYS("relative");
    ours[1] = buffer("/a/../b");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_path_map_set(theirs, ours, 2));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_path_map_set(theirs, NULL, 1));
    EXPECT_SAYS("ours is NULL");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_path_map_set(NULL, ours, 1));
    EXPECT_SAYS("theirs is NULL");
    EXPECT(view == NULL);
    dy_lmdb_reference_free(reference);
    check_forget_directory(directory);
}
