/* Calls keep no memory: however often they are made, the process stays as large as it was. DY_MEMORY_CALLS says how often
   the quick ones are made; the slow ones a hundredth of it. */
#include "check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_CALLS 20000
/* What the allocator takes and gives without a leak. */
#define NOISE (512 << 10)
#define BATCH 100

static dy_lmdb_store_t *store;
static const char *directory;
static char payload[300000];

/* Bytes of memory that are this process's own: pages of the map do not count. */
static int64_t private_bytes(void) {
    char line[256];
    int64_t kib = -1;
    FILE *status = fopen("/proc/self/status", "r");
    EXPECT(status != NULL);
    while (fgets(line, sizeof line, status) != NULL) {
        if (sscanf(line, "RssAnon: %" SCNd64, &kib) == 1) break;
    }
    fclose(status);
    EXPECT(kib >= 0);
    return kib << 10;
}

static void put(const char *key, size_t size) {
    dy_lmdb_buffer_t part;
    part.data = payload;
    part.size = size;
    EXPECT_OK(dy_lmdb_store_put(store, NOTHING, key, strlen(key), &part, 1, NULL, NULL));
}

static void put_in_record(void) { put("small", 50); }
static void put_in_extent(void) { put("large", 20000); }
static void put_without_lock(void) { put("larger", sizeof payload); }

static void put_refused(void) {
    EXPECT_FAILS(DY_LMDB_BAD_KEY, dy_lmdb_store_put(store, NOTHING, "", 0, NULL, 0, NULL, NULL));
}

static void batch(void) {
    dy_lmdb_entry_t entries[BATCH];
    char keys[BATCH][8];
    dy_lmdb_buffer_t part;
    int i;
    part.data = payload;
    part.size = 50;
    memset(entries, 0, sizeof entries);
    for (i = 0; i < BATCH; i++) {
        entries[i].key = keys[i];
        entries[i].key_len = (size_t)snprintf(keys[i], sizeof keys[i], "b%d", i);
        entries[i].parts = &part;
        entries[i].nparts = 1;
    }
    EXPECT_OK(dy_lmdb_store_put_many(store, NOTHING, entries, BATCH));
}

static void get(void) {
    static char copy[20000];
    size_t size = 0;
    EXPECT_OK(dy_lmdb_store_get(store, NOTHING, TEXT("large"), copy, sizeof copy, &size, NULL));
}

static void view(const char *key) {
    dy_lmdb_view_t *opened = NULL;
    EXPECT_OK(dy_lmdb_view_open(store, NOTHING, key, strlen(key), 0, &opened, NULL));
    EXPECT_OK(dy_lmdb_view_close(opened));
}

static void view_in_record(void) { view("small"); }
static void view_in_extent(void) { view("large"); }

static void view_of_nothing(void) {
    dy_lmdb_view_t *opened = NULL;
    EXPECT_FAILS(DY_LMDB_NOT_FOUND, dy_lmdb_view_open(store, NOTHING, TEXT("none"), 0, &opened, NULL));
}

static void loan_published(void) {
    dy_lmdb_loan_t *loan = NULL;
    EXPECT_OK(dy_lmdb_loan_open(store, 20000, &loan));
    EXPECT_OK(dy_lmdb_loan_finish(loan, NOTHING, TEXT("loan"), 20000, NULL, NULL));
}

static void loan_dropped(void) {
    dy_lmdb_loan_t *loan = NULL;
    EXPECT_OK(dy_lmdb_loan_open(store, 20000, &loan));
    EXPECT_OK(dy_lmdb_loan_drop(loan));
}

static void deletes(void) {
    bool deleted = false;
    put("gone", 20000);
    EXPECT_OK(dy_lmdb_store_delete(store, NOTHING, TEXT("gone"), &deleted));
}

static void open_and_close(void) {
    dy_lmdb_options_t options;
    dy_lmdb_store_t *other = NULL;
    dy_lmdb_options_default(&options);
    options.map_size = CHECK_MAP_SIZE;
    options.prefault = 0;
    EXPECT_OK(dy_lmdb_store_close(store));
    EXPECT_OK(dy_lmdb_store_open(directory, strlen(directory), &options, &other));
    store = other;
}

static void stats(void) {
    dy_lmdb_bytes_t *json = NULL;
    EXPECT_OK(dy_lmdb_store_stats(store, &json));
    dy_lmdb_bytes_free(json);
}

static void sweep(void) {
    uint64_t removed = 0;
    EXPECT_OK(dy_lmdb_store_sweep(store, &removed));
}

static void wait_for_it(void) { EXPECT_OK(dy_lmdb_store_wait(store, NOTHING, TEXT("small"), 1000)); }

static void wait_in_vain(void) {
    EXPECT_FAILS(DY_LMDB_TIMEOUT, dy_lmdb_store_wait(store, NOTHING, TEXT("none"), 0));
}

typedef struct {
    const char *name;
    check_test_t call;
    long part;
} measured_t;

static const measured_t CALLS[] = {
    {"put, in the record", put_in_record, 1},
    {"put, in an extent", put_in_extent, 1},
    {"put, with no lock", put_without_lock, 10},
    {"put, refused", put_refused, 1},
    {"batch", batch, BATCH},
    {"get", get, 1},
    {"view, in the record", view_in_record, 1},
    {"view, in an extent", view_in_extent, 1},
    {"view, of nothing", view_of_nothing, 1},
    {"loan, published", loan_published, 1},
    {"loan, dropped", loan_dropped, 1},
    {"delete", deletes, 1},
    {"open", open_and_close, 100},
    {"stats", stats, 100},
    {"sweep", sweep, 100},
    {"wait", wait_for_it, 100},
    {"wait, in vain", wait_in_vain, 100},
};

static void test_calls_keep_no_memory(void) {
    const char *wanted = getenv("DY_MEMORY_CALLS");
    long calls = wanted != NULL ? atol(wanted) : DEFAULT_CALLS;
    size_t at;
    directory = check_store_directory();
    store = check_store();
    put("small", 50);
    put("large", 20000);
    for (at = 0; at < sizeof CALLS / sizeof CALLS[0]; at++) {
        long made = calls / CALLS[at].part, i;
        int64_t sizes[3], least;
        int turn;
        for (turn = 0; turn < 3; turn++) {
            for (i = 0; i < made; i++) CALLS[at].call();
            sizes[turn] = private_bytes();
        }
        /* What grows once has been made once. */
        least = sizes[1] - sizes[0] < sizes[2] - sizes[1] ? sizes[1] - sizes[0] : sizes[2] - sizes[1];
        printf("%-20s %8ld calls: %" PRId64 " bytes\n", CALLS[at].name, made, least);
        EXPECT(least < NOISE + 2 * made);
    }
    EXPECT_OK(dy_lmdb_store_close(store));
}

int main(void) {
    const check_case_t cases[] = {{"calls keep no memory", test_calls_keep_no_memory}};
    memset(payload, 'x', sizeof payload);
    return check_run("memory", cases, sizeof cases / sizeof cases[0]);
}
