/* Hundreds of threads that read once and idle, and more kept views than one process has pins: a newcomer needs neither. */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#endif

#include "check.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 600
#define READERS 512
#define KEPT 40000
#define PAYLOAD 5000

typedef struct crowd_t {
    dy_lmdb_store_t *store;
    pthread_barrier_t all_read;
    pthread_mutex_t idle;
} crowd_t;

static dy_lmdb_store_t *open_store(const char *directory) {
    dy_lmdb_store_t *store = NULL;
    dy_lmdb_options_t options;
    dy_lmdb_options_default(&options);
    options.map_size = CHECK_MAP_SIZE;
    options.max_readers = READERS;
    options.prefault = 0;
    EXPECT_OK(dy_lmdb_store_open(directory, strlen(directory), &options, &store));
    return store;
}

static void put(const dy_lmdb_store_t *store, const char *key, int byte) {
    static char payload[PAYLOAD];
    dy_lmdb_buffer_t part = {payload, sizeof payload};
    memset(payload, byte, sizeof payload);
    EXPECT_OK(dy_lmdb_store_put(store, NOTHING, key, strlen(key), &part, 1, NULL, NULL));
}

static void look(const dy_lmdb_view_t *view, char byte) {
    const void *data = NULL;
    const char *bytes;
    size_t size = 0, i;
    EXPECT_OK(dy_lmdb_view_data(view, &data, &size));
    bytes = (const char *)data;
    EXPECT(size == PAYLOAD);
    for (i = 0; i < size; i++) EXPECT(bytes[i] == byte);
}

static dy_lmdb_view_t *view_of(const dy_lmdb_store_t *store, const char *key) {
    dy_lmdb_view_t *view = NULL;
    EXPECT_OK(dy_lmdb_view_open(store, NOTHING, key, strlen(key), 0, &view, NULL));
    return view;
}

/* Does what everybody has to be able to do, whatever others hold. A program of its own. */
static int newcomer(const char *directory) {
    struct timespec from, to;
    dy_lmdb_store_t *store;
    dy_lmdb_view_t *view;
    dy_lmdb_keys_t *keys = NULL;
    dy_lmdb_bytes_t *report = NULL;
    double seconds;
    clock_gettime(CLOCK_MONOTONIC, &from);
    store = open_store(directory);
    view = view_of(store, "key");
    look(view, 'a');
    EXPECT_OK(dy_lmdb_view_close(view));
    EXPECT_OK(dy_lmdb_store_list(store, NOTHING, NOTHING, &keys));
    EXPECT(dy_lmdb_keys_count(keys) >= 1);
    dy_lmdb_keys_free(keys);
    EXPECT_OK(dy_lmdb_store_stats(store, &report));
    EXPECT_BLOCK_HOLDS(report, "\"readers\"");
    put(store, "newcomer", 'n');
    EXPECT_OK(dy_lmdb_store_close(store));
    clock_gettime(CLOCK_MONOTONIC, &to);
    seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    printf("a newcomer opened, read, listed, asked for statistics and put in %.3f s\n", seconds);
    return 0;
}

static void a_newcomer_comes(const char *directory) {
    int how = 0;
    pid_t child = fork();
    EXPECT(child >= 0);
    if (child == 0) {
        execl("/proc/self/exe", "crowd", "newcomer", directory, (char *)NULL);
        _exit(127);
    }
    EXPECT(waitpid(child, &how, 0) == child);
    EXPECT(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

/* Reads at the same time as all the others, then idles until the mutex is free. */
static void *read_and_idle(void *argument) {
    crowd_t *crowd = (crowd_t *)argument;
    dy_lmdb_view_t *view;
    pthread_barrier_wait(&crowd->all_read);
    view = view_of(crowd->store, "key");
    look(view, 'a');
    EXPECT_OK(dy_lmdb_view_close(view));
    pthread_barrier_wait(&crowd->all_read);
    EXPECT(pthread_mutex_lock(&crowd->idle) == 0);
    EXPECT(pthread_mutex_unlock(&crowd->idle) == 0);
    return NULL;
}

static void test_idle_threads_leave_reader_slots(void) {
    static pthread_t threads[THREADS];
    const char *directory = check_directory();
    crowd_t crowd;
    pthread_attr_t small;
    int i;
    crowd.store = open_store(directory);
    put(crowd.store, "key", 'a');
    EXPECT(pthread_barrier_init(&crowd.all_read, NULL, THREADS + 1) == 0);
    EXPECT(pthread_mutex_init(&crowd.idle, NULL) == 0 && pthread_mutex_lock(&crowd.idle) == 0);
    EXPECT(pthread_attr_init(&small) == 0 && pthread_attr_setstacksize(&small, 256 << 10) == 0);
    for (i = 0; i < THREADS; i++) EXPECT(pthread_create(&threads[i], &small, read_and_idle, &crowd) == 0);
    pthread_barrier_wait(&crowd.all_read);
    pthread_barrier_wait(&crowd.all_read);
    a_newcomer_comes(directory);
    EXPECT(pthread_mutex_unlock(&crowd.idle) == 0);
    for (i = 0; i < THREADS; i++) EXPECT(pthread_join(threads[i], NULL) == 0);
    pthread_attr_destroy(&small);
    pthread_mutex_destroy(&crowd.idle);
    pthread_barrier_destroy(&crowd.all_read);
    EXPECT_OK(dy_lmdb_store_close(crowd.store));
}

static void test_kept_views_leave_pins_and_reader_slots(void) {
    static dy_lmdb_view_t *views[KEPT];
    const char *directory = check_directory();
    dy_lmdb_store_t *store = open_store(directory);
    dy_lmdb_info_t info = check_info();
    dy_lmdb_bytes_t *report = NULL;
    int i, copied = 0;
    put(store, "key", 'a');
    for (i = 0; i < KEPT; i++) {
        views[i] = view_of(store, "key");
        EXPECT_OK(dy_lmdb_view_info(views[i], &info));
        copied += (info.flags & DY_LMDB_INFO_COPIED) != 0;
    }
    EXPECT(0 < copied && copied < KEPT / 2);
    printf("%d kept views, %d of them copies\n", KEPT, copied);
    a_newcomer_comes(directory);
    put(store, "key", 'b');
    for (i = 0; i < KEPT; i++) {
        look(views[i], 'a');
        EXPECT_OK(dy_lmdb_view_close(views[i]));
    }
    EXPECT_OK(dy_lmdb_store_audit(store, &report));
    EXPECT_BLOCK_HOLDS(report, "\"faults\":[]");
    EXPECT_OK(dy_lmdb_store_close(store));
}

static const check_case_t cases[] = {
    {"test_idle_threads_leave_reader_slots", test_idle_threads_leave_reader_slots},
    {"test_kept_views_leave_pins_and_reader_slots", test_kept_views_leave_pins_and_reader_slots},
};

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "newcomer") == 0) return newcomer(argv[2]);
    return check_run(argv[0], cases, sizeof cases / sizeof *cases);
}
