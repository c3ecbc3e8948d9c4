#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#endif

#include "check.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_DIRECTORIES 64
#define LONGEST_PATH 256

static char directories[MOST_DIRECTORIES][LONGEST_PATH];
static size_t directory_count;
static const char *running = "";
/* Opening a store maps 32 GiB, which takes valgrind a second: the tests share one. */
static const char *shared_directory;
static dy_lmdb_store_t *shared_store;

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *where) {
    (void)about;
    (void)kind;
    (void)where;
    return remove(path);
}

static void remove_directories(void) {
    size_t i;
    for (i = 0; i < directory_count; i++)
        nftw(directories[i], remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void fail(const char *file, int line) {
    fprintf(stderr, "%s:%d: in %s\n", file, line, running);
    remove_directories();
    exit(1);
}

/* References keep the stores they name open. One that is gone from the disk is let go when it is asked for again; left open, its
   map of 32 GiB is what valgrind would search for pointers. */
static void let_go(const char *directory) {
    dy_lmdb_reference_t *reference = NULL;
    dy_lmdb_store_t *store = NULL;
    EXPECT_OK(dy_lmdb_reference_new(&reference));
    EXPECT_OK(dy_lmdb_reference_set(reference, TEXT("_lmdb_db_path"), directory, strlen(directory)));
    EXPECT_FAILS(DY_LMDB_NOT_FOUND, dy_lmdb_reference_store(reference, &store));
    dy_lmdb_reference_free(reference);
}

void check_forget_directory(const char *directory) {
    nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    let_go(directory);
}

void check_forget_store(void) {
    if (shared_store != NULL) {
        EXPECT_OK(dy_lmdb_store_close(shared_store));
        check_forget_directory(shared_directory);
    }
    shared_store = NULL;
    shared_directory = NULL;
}

int check_run(const char *program, const check_case_t *cases, size_t count) {
    size_t i;
    for (i = 0; i < count; i++) {
        running = cases[i].name;
        cases[i].run();
        printf("ok %s\n", running);
        fflush(stdout);
    }
    EXPECT_OK(dy_lmdb_store_close(shared_store));
    remove_directories();
    if (shared_directory != NULL)
        let_go(shared_directory);
    printf("%s: %d tests passed\n", program, (int)count);
    return 0;
}

void check_holds(int holds, const char *what, const char *file, int line) {
    if (!holds) {
        fprintf(stderr, "does not hold: %s\n", what);
        fail(file, line);
    }
}

void check_answers(dy_lmdb_status_t answer, dy_lmdb_status_t wanted, const char *call, const char *file, int line) {
    if (answer != wanted) {
        fprintf(stderr, "%s\nanswers %s, not %s; last message: %s\n", call, dy_lmdb_status_name(answer),
                dy_lmdb_status_name(wanted), dy_lmdb_last_error_message());
        fail(file, line);
    }
    if (wanted != DY_LMDB_OK && dy_lmdb_last_error_message()[0] == 0) {
        fprintf(stderr, "%s\nfails with no message\n", call);
        fail(file, line);
    }
}

void check_says(const char *part, const char *file, int line) {
    if (strstr(dy_lmdb_last_error_message(), part) == NULL) {
        fprintf(stderr, "\"%s\" is not in the message: %s\n", part, dy_lmdb_last_error_message());
        fail(file, line);
    }
}

void check_text(const void *data, size_t size, const char *wanted, size_t wanted_size, const char *file, int line) {
    if (size != wanted_size || (size > 0 && memcmp(data, wanted, size) != 0)) {
        fprintf(stderr, "\"%.*s\" is not \"%s\"\n", (int)size, (const char *)data, wanted);
        fail(file, line);
    }
}

const char *check_directory(void) {
    const char *parent = getenv("TMPDIR");
    char *path;
    EXPECT(directory_count < MOST_DIRECTORIES);
    path = directories[directory_count];
    snprintf(path, LONGEST_PATH, "%s/dy-lmdb-c-XXXXXX", parent != NULL ? parent : "/tmp");
    EXPECT(mkdtemp(path) != NULL);
    directory_count++;
    return path;
}

/* Deletes every entry of the default database. */
static void clear(const dy_lmdb_store_t *store) {
    dy_lmdb_keys_t *keys = NULL;
    const void *key = NULL;
    size_t i, len = 0;
    EXPECT_OK(dy_lmdb_store_list(store, NOTHING, NOTHING, &keys));
    for (i = 0; i < dy_lmdb_keys_count(keys); i++) {
        EXPECT_OK(dy_lmdb_keys_at(keys, i, &key, &len));
        EXPECT_OK(dy_lmdb_store_delete(store, NOTHING, key, len, NULL));
    }
    dy_lmdb_keys_free(keys);
}

const char *check_store_directory(void) {
    dy_lmdb_options_t options;
    if (shared_store == NULL) {
        shared_directory = check_directory();
        dy_lmdb_options_default(&options);
        options.map_size = CHECK_MAP_SIZE;
        options.prefault = 0;
        EXPECT_OK(dy_lmdb_store_open(shared_directory, strlen(shared_directory), &options, &shared_store));
    }
    clear(shared_store);
    return shared_directory;
}

dy_lmdb_store_t *check_store(void) {
    const char *directory = check_store_directory();
    dy_lmdb_options_t options;
    dy_lmdb_store_t *store = NULL;
    dy_lmdb_options_default(&options);
    options.map_size = CHECK_MAP_SIZE;
    options.prefault = 0;
    EXPECT_OK(dy_lmdb_store_open(directory, strlen(directory), &options, &store));
    EXPECT(store != NULL);
    return store;
}

void check_put(dy_lmdb_store_t *store, const char *key, const char *text) {
    dy_lmdb_buffer_t part;
    part.data = text;
    part.size = strlen(text);
    EXPECT_OK(dy_lmdb_store_put(store, NOTHING, key, strlen(key), &part, 1, NULL, NULL));
}

dy_lmdb_info_t check_info(void) {
    dy_lmdb_info_t info;
    memset(&info, 0xee, sizeof info);
    info.struct_size = sizeof info;
    return info;
}

char *check_config(const char *directory, const char *more) {
    size_t size = strlen(directory) + strlen(more) + 128;
    char *json = (char *)malloc(size);
    EXPECT(json != NULL);
    snprintf(json, size,
             "{\"lmdb_enabled\": true, \"lmdb_db_path\": \"%s\", \"lmdb_map_size\": %d, \"lmdb_prefault\": 0%s}",
             directory, CHECK_MAP_SIZE, more);
    return json;
}

void check_block(dy_lmdb_bytes_t *block, const char *wanted, const char *file, int line) {
    check_text(dy_lmdb_bytes_data(block), dy_lmdb_bytes_size(block), wanted, strlen(wanted), file, line);
    dy_lmdb_bytes_free(block);
}

void check_block_holds(dy_lmdb_bytes_t *block, const char *part, const char *file, int line) {
    size_t size = dy_lmdb_bytes_size(block);
    char *text = (char *)malloc(size + 1);
    EXPECT(text != NULL);
    memcpy(text, dy_lmdb_bytes_data(block), size);
    text[size] = 0;
    if (strstr(text, part) == NULL) {
        fprintf(stderr, "\"%s\" is not in: %s\n", part, text);
        fail(file, line);
    }
    free(text);
    dy_lmdb_bytes_free(block);
}
