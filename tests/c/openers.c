/* Hundreds of processes that open one store at the same moment. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OPENERS 500
#define PAYLOAD 50000

static dy_lmdb_store_t *open_store(const char *directory, dy_lmdb_status_t *status) {
    dy_lmdb_store_t *store = NULL;
    dy_lmdb_options_t options;
    dy_lmdb_options_default(&options);
    options.map_size = CHECK_MAP_SIZE;
    options.max_readers = 2 * OPENERS;
    options.prefault = 0;
    *status = dy_lmdb_store_open(directory, strlen(directory), &options, &store);
    return store;
}

/* Waits for the start, opens, reads, says how that went, and stays until it is ended. */
static void open_and_stay(const char *directory, int start, int to_parent) {
    char byte = 0;
    dy_lmdb_status_t status = DY_LMDB_OK;
    dy_lmdb_store_t *store = NULL;
    dy_lmdb_view_t *view = NULL;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    EXPECT(read(start, &byte, 1) == 0);
    store = open_store(directory, &status);
    if (status == DY_LMDB_OK) status = dy_lmdb_view_open(store, NOTHING, TEXT("key"), 0, &view, NULL);
    if (status != DY_LMDB_OK) fprintf(stderr, "%s\n", dy_lmdb_last_error_message());
    EXPECT(write(to_parent, &status, sizeof status) == (ssize_t)sizeof status);
    for (;;) pause();
}

static void test_many_open_at_once(void) {
    static pid_t openers[OPENERS];
    static char payload[PAYLOAD];
    const char *directory = check_directory();
    dy_lmdb_buffer_t part = {payload, sizeof payload};
    dy_lmdb_status_t status = DY_LMDB_OK;
    dy_lmdb_store_t *store = open_store(directory, &status);
    struct timespec from, to;
    int start[2], answers[2], i, failed = 0;
    EXPECT(status == DY_LMDB_OK);
    EXPECT_OK(dy_lmdb_store_put(store, NOTHING, TEXT("key"), &part, 1, NULL, NULL));
    EXPECT_OK(dy_lmdb_store_close(store));
    EXPECT(pipe(start) == 0 && pipe(answers) == 0);
    for (i = 0; i < OPENERS; i++) {
        openers[i] = fork();
        EXPECT(openers[i] >= 0);
        if (openers[i] == 0) {
            close(start[1]);
            open_and_stay(directory, start[0], answers[1]);
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &from);
    close(start[1]);
    for (i = 0; i < OPENERS; i++) {
        EXPECT(read(answers[0], &status, sizeof status) == (ssize_t)sizeof status);
        failed += status != DY_LMDB_OK;
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%d processes opened a store at once and read in %.2f s; %d could not\n", OPENERS,
           (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9, failed);
    for (i = 0; i < OPENERS; i++) kill(openers[i], SIGKILL);
    for (i = 0; i < OPENERS; i++) waitpid(openers[i], NULL, 0);
    EXPECT(failed == 0);
    store = open_store(directory, &status);
    EXPECT(status == DY_LMDB_OK);
    EXPECT_OK(dy_lmdb_store_close(store));
}

static const check_case_t cases[] = {
    {"test_many_open_at_once", test_many_open_at_once},
};

int main(int argc, char **argv) {
    (void)argc;
    return check_run(argv[0], cases, sizeof cases / sizeof *cases);
}
