#define _GNU_SOURCE
#include "victim.h"
#include "shim.h"
#include "steps.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Seconds an operation may take that no call fails any more. */
#define PATIENCE 20

static report_t report;

const char *outcome_name(outcome_t outcome) {
    static const char *const names[] = {"nothing said", "unnoticed", "retried", "reopened", "fault", "hangs", "crashes"};
    return names[outcome];
}

static void *find(const char *name) {
    void *symbol = dlsym(RTLD_DEFAULT, name);
    if (symbol == NULL) {
        fprintf(stderr, "victim: %s is not preloaded\n", name);
        exit(9);
    }
    return symbol;
}

static void wrong(const char *what, dy_lmdb_status_t status) {
    printf("! victim: %s: %s: %s\n", what, dy_lmdb_status_name(status), dy_lmdb_last_error_message());
    report.outcome = FAULT;
}

/* Descriptors and maps that are there beside those from before. */
static void expect_no_leak(int files, int maps, const char *when) {
    if (open_files() != files || store_maps() != maps) {
        printf("! victim: %d descriptors and %d maps instead of %d and %d %s\n", open_files(), store_maps(), files, maps,
               when);
        report.outcome = FAULT;
    }
}

static bool says_reopen(void) {
    return strstr(dy_lmdb_last_error_message(), "open it again") != NULL;
}

static dy_lmdb_status_t reopen(dy_lmdb_store_t **store, const char *path, uint32_t durability) {
    report.outcome = REOPENED;
    dy_lmdb_store_close(*store);
    *store = NULL;
    return store_open(path, DY_LMDB_OPEN_NO_SWEEPER, durability, store);
}

/* Has a step that was refused do what it does after all. */
static void again(const step_t *step, dy_lmdb_store_t **store, const char *path, uint32_t durability, uint64_t tag) {
    bool says = says_reopen();
    dy_lmdb_status_t status = step->run(store, path, durability, tag);
    report.outcome = RETRIED;
    if (status != DY_LMDB_OK && says && *store != NULL) {
        status = reopen(store, path, durability);
        if (status == DY_LMDB_OK) {
            status = step->run(store, path, durability, tag);
        }
    }
    if (status != DY_LMDB_OK) {
        wrong("the same again", status);
    }
}

/* Puts an entry, as whoever goes on does; a step that answers nothing may have left a store that has to be opened
   again. */
static void put_after(dy_lmdb_store_t **store, const char *path, uint32_t durability, uint64_t tag) {
    double begun = now();
    dy_lmdb_status_t status = store_put(*store, "after", 50000, tag, 0);
    if (status != DY_LMDB_OK && says_reopen()) {
        status = reopen(store, path, durability);
        if (status == DY_LMDB_OK) {
            status = store_put(*store, "after", 50000, tag, 0);
        }
    }
    if (status != DY_LMDB_OK) {
        wrong("a put afterwards", status);
    }
    if (now() - begun > PATIENCE) {
        wrong("a put that took too long", status);
    }
}

int victim(char **words) {
    void (*arm)(long, int, int);
    long (*disarm)(void);
    const char *(*reached)(void);
    *(void **)&arm = find("shim_arm");
    *(void **)&disarm = find("shim_disarm");
    *(void **)&reached = find("shim_reached");
    const char *path = words[0];
    const step_t *step = &STEPS[atoi(words[1])];
    int durability = 0, memory = 0, error = atoi(words[4]);
    sscanf(words[2], "%d %d", &durability, &memory);
    long at = atol(words[3]);
    uint64_t tag = strtoull(words[5], NULL, 10);
    dy_lmdb_store_t *store = NULL;
    uint32_t flags = strcmp(step->name, "sweeper") == 0 ? 0 : DY_LMDB_OPEN_NO_SWEEPER;
    dy_lmdb_status_t status = step->opens ? DY_LMDB_OK : store_open(path, flags, (uint32_t)durability, &store);
    if (status != DY_LMDB_OK) {
        wrong("opening", status);
        return 1;
    }
    if (step->after_expiry) {
        put_expired(store);
    }
    int files = open_files(), maps = store_maps();
    arm(at, error, memory);
    status = step->run(&store, path, (uint32_t)durability, tag);
    report.calls = disarm();
    report.outcome = UNNOTICED;
    strncpy(report.reached, reached(), sizeof report.reached - 1);
    if (status == DY_LMDB_PANIC || status == DY_LMDB_INTERNAL) {
        wrong("a status that never should be", status);
    } else if (status != DY_LMDB_OK && step->opens) {
        expect_no_leak(files, maps, "after an opening that failed");
    }
    if (status != DY_LMDB_OK && report.outcome != FAULT) {
        if (store == NULL && !step->opens) {
            status = store_open(path, DY_LMDB_OPEN_NO_SWEEPER, (uint32_t)durability, &store);
            report.outcome = RETRIED;
        } else {
            again(step, &store, path, (uint32_t)durability, tag);
        }
    }
    if (store == NULL) {
        status = store_open(path, DY_LMDB_OPEN_NO_SWEEPER, (uint32_t)durability, &store);
        if (status != DY_LMDB_OK) {
            wrong("opening afterwards", status);
        }
    }
    if (store != NULL) {
        put_after(&store, path, (uint32_t)durability, tag);
    }
    status = dy_lmdb_store_close(store);
    if (status != DY_LMDB_OK) {
        wrong("closing", status);
    }
    if (step->opens) {
        expect_no_leak(files, maps, "after closing");
    }
    fflush(stdout);
    return write(REPORT_FD, &report, sizeof report) == (ssize_t)sizeof report ? 0 : 1;
}
