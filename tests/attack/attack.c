/* Attacks a store at every call of libc: the process ends there, or the call fails; then everything is looked at by a
   process that goes on, or by the next one to open it.

   attack DIRECTORY POINTS [STEP…]: at so many calls of each step (0: at all), evenly spread. ATTACK_SHIM names the
   library to preload. Prints a table; the exit code tells whether anything was lost. */
#define _GNU_SOURCE
#include "steps.h"
#include "victim.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Seconds after which a victim counts as hanging. */
#define PATIENCE 120
/* Points in a step whose copies of memory count as well: they are many. */
#define COPIES 150
#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))

static const int ERRORS[] = {ENOSPC, EIO, ENOMEM, EMFILE, EINTR};

/* What came of one step. */
typedef struct row_t {
    long calls, kills, failed_calls, unnoticed, retried, reopened, faults;
    double worst;
} row_t;

static const char *path;
static int64_t known[64];
static int64_t next_tag = 100;

static void remove_store(void) {
    DIR *directory = opendir(path);
    if (directory == NULL) {
        return;
    }
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        unlinkat(dirfd(directory), entry->d_name, 0);
    }
    closedir(directory);
    rmdir(path);
}

static void seed(uint32_t durability) {
    dy_lmdb_store_t *store;
    remove_store();
    if (store_open(path, DY_LMDB_OPEN_NO_SWEEPER, durability, &store) != DY_LMDB_OK) {
        fprintf(stderr, "attack: %s\n", dy_lmdb_last_error_message());
        exit(2);
    }
    for (size_t i = 0; i < SEED_COUNT; i++) {
        known[i] = 1;
        if (store_put(store, SEEDS[i].key, SEEDS[i].size, 1, 0) != DY_LMDB_OK) {
            fprintf(stderr, "attack: %s\n", dy_lmdb_last_error_message());
            exit(2);
        }
    }
    dy_lmdb_store_close(store);
}

/* Starts the victim; answers what it reported and how it ended. */
static report_t start_victim(const step_t *step, uint32_t durability, long at, int error, bool memory, bool *killed) {
    report_t report = {.outcome = NOTHING_SAID};
    int ends[2];
    if (pipe(ends) != 0) {
        exit(2);
    }
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        char numbers[5][24];
        snprintf(numbers[0], 24, "%d", (int)(step - STEPS));
        snprintf(numbers[1], 24, "%d %d", (int)durability, memory);
        snprintf(numbers[2], 24, "%ld", at);
        snprintf(numbers[3], 24, "%d", error);
        snprintf(numbers[4], 24, "%lld", (long long)next_tag);
        setenv("LD_PRELOAD", getenv("ATTACK_SHIM"), 1);
        dup2(ends[1], REPORT_FD);
        execl("/proc/self/exe", "attack", "--victim", path, numbers[0], numbers[1], numbers[2], numbers[3],
              numbers[4], (char *)NULL);
        _exit(99);
    }
    close(ends[1]);
    int status;
    double begun = now();
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (now() - begun > PATIENCE) {
            report.outcome = HANGS;
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            break;
        }
        usleep(300);
    }
    report_t said;
    if (report.outcome != HANGS && read(ends[0], &said, sizeof said) == (ssize_t)sizeof said) {
        report = said;
    }
    close(ends[0]);
    *killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && report.outcome != HANGS;
    if (!*killed && (WIFSIGNALED(status) || WEXITSTATUS(status) != 0) && report.outcome != HANGS) {
        report.outcome = CRASHES;
    }
    return report;
}

/* Whether the entries are those from before, or those of the step; `done`: only the latter will do. */
static long look(dy_lmdb_store_t *store, const step_t *step, bool done) {
    long faults = 0;
    for (size_t i = 0; i < SEED_COUNT; i++) {
        const char *key = SEEDS[i].key;
        bool of_step = false, goes = false;
        for (int k = 0; k < 7 && step->keys[k] != NULL; k++) {
            goes = step->keys[k][0] == '-';
            of_step |= strcmp(step->keys[k] + goes, key) == 0;
        }
        int64_t tag = store_tag(store, key), fresh = goes ? ABSENT : next_tag;
        bool right = of_step ? tag == fresh || (!done && tag == known[i]) : tag == known[i];
        if (!right) {
            printf("! %s holds %lld instead of %lld\n", key, (long long)tag, (long long)known[i]);
            faults++;
        }
        known[i] = tag;
        if (tag < 0) {
            known[i] = 1;
            faults += store_put(store, key, SEEDS[i].size, 1, 0) != DY_LMDB_OK;
        }
    }
    for (size_t i = SEED_COUNT - 5; i < SEED_COUNT; i++) {
        if (known[i] != known[i - 1]) {
            printf("! a batch is torn at %s\n", SEEDS[i].key);
            faults++;
        }
    }
    return faults;
}

static long fault(dy_lmdb_status_t status, const char *what) {
    if (status != DY_LMDB_OK) {
        printf("! %s: %s: %s\n", what, dy_lmdb_status_name(status), dy_lmdb_last_error_message());
    }
    return status != DY_LMDB_OK;
}

/* One attack, and what the store is like after it; answers how many calls there were, when that is known. */
static long attack(const step_t *step, uint32_t durability, dy_lmdb_store_t *survivor, long at, int error, bool memory,
                   row_t *row) {
    bool killed;
    next_tag++;
    if (step->creates) {
        remove_store();
    }
    if (step->after_death) {
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
            execl("/proc/self/exe", "attack", "--die", path, durability ? "1" : "0", (char *)NULL);
            _exit(99);
        }
        waitpid(pid, NULL, 0);
    }
    report_t report = start_victim(step, durability, at, error, memory, &killed);
    long faults = report.outcome == HANGS || report.outcome == CRASHES || report.outcome == FAULT;
    bool done = !killed && !faults;
    double begun = now();
    dy_lmdb_store_t *store = survivor;
    if (store == NULL) {
        faults += fault(store_open(path, DY_LMDB_OPEN_NO_SWEEPER, durability, &store), "the next process");
    }
    if (store != NULL) {
        faults += fault(store_put(store, "next", 40000, (uint64_t)next_tag, 0), "the next put");
        double took = now() - begun;
        row->worst = took > row->worst ? took : row->worst;
        faults += store_tag(store, "next") != next_tag;
        faults += step->creates ? 0 : look(store, step, done);
        if (store_audit(store, "loans") != 0 || store_audit(store, "pins") != 0) {
            printf("! an audit: %s\n", dy_lmdb_last_error_message());
            faults++;
        }
    }
    if (survivor == NULL) {
        faults += fault(dy_lmdb_store_close(store), "closing");
    }
    row->kills += killed;
    row->failed_calls += !killed && error != 0 && report.calls >= at;
    row->unnoticed += report.outcome == UNNOTICED && report.calls >= at;
    row->retried += report.outcome == RETRIED;
    row->reopened += report.outcome == REOPENED;
    row->faults += faults;
    if (faults > 0) {
        printf("! %s: durability %d, survivor %d, errno %d, call %ld %s: %s\n", step->name, (int)durability,
               survivor != NULL, error, at, report.reached, killed ? "killed" : outcome_name(report.outcome));
    }
    return killed ? at : report.calls;
}

/* Attacks a step at `points` of its calls, evenly spread; 0: at each. */
static void attack_calls(const step_t *step, uint32_t durability, dy_lmdb_store_t *survivor, int error, bool memory,
                         long points, row_t *row) {
    long calls = attack(step, durability, survivor, LONG_MAX, error, memory, row);
    row->calls = !memory && calls > row->calls ? calls : row->calls;
    points = points == 0 || points > calls ? calls : points;
    for (long i = 0; i < points; i++) {
        /* Another part of them each time. */
        long at = 1 + (i * calls + next_tag % (calls / points + 1)) / points;
        attack(step, durability, survivor, at, error, memory, row);
    }
}

static row_t attack_step(const step_t *step, long points) {
    row_t row = {0};
    for (uint32_t durability = 0; durability < 2; durability++) {
        for (int alone = 0; alone < (step->creates ? 1 : 2); alone++) {
            dy_lmdb_store_t *survivor = NULL;
            seed(durability);
            if (alone == 1) {
                store_open(path, DY_LMDB_OPEN_NO_SWEEPER, durability, &survivor);
            }
            attack_calls(step, durability, survivor, 0, false, points, &row);
            attack_calls(step, durability, survivor, 0, true, points == 0 ? COPIES : points, &row);
            for (int i = 0; i < LENGTH(ERRORS); i++) {
                attack_calls(step, durability, survivor, ERRORS[i], false, points, &row);
            }
            if (survivor != NULL) {
                row.faults += fault(dy_lmdb_store_close(survivor), "closing");
            }
        }
    }
    return row;
}

static void print_row(const char *name, const row_t *row) {
    printf("%-24s%7ld%8ld%8ld%11ld%9ld%10ld%8ld%10.1f\n", name, row->calls, row->kills, row->failed_calls,
           row->unnoticed, row->retried, row->reopened, row->faults, row->worst * 1e3);
    fflush(stdout);
}

int main(int count, char **words) {
    if (count == 8 && strcmp(words[1], "--victim") == 0) {
        return victim(words + 2);
    }
    if (count == 4 && strcmp(words[1], "--die") == 0) {
        die_holding(words[2], (uint32_t)atoi(words[3]));
    }
    if (count < 3 || getenv("ATTACK_SHIM") == NULL) {
        fprintf(stderr, "usage: ATTACK_SHIM=shim.so attack DIRECTORY POINTS [STEP…]\n");
        return 2;
    }
    path = words[1];
    row_t total = {0};
    printf("%-24s%7s%8s%8s%11s%9s%10s%8s%10s\n", "", "", "", "calls", "went on", "right", "right,", "", "next put,");
    printf("%-24s%7s%8s%8s%11s%9s%10s%8s%10s\n", "step", "calls", "killed", "failed", "unmoved", "again", "reopened",
           "faults", "worst ms");
    for (size_t i = 0; i < STEP_COUNT; i++) {
        bool wanted = count == 3;
        for (int word = 3; word < count; word++) {
            wanted |= strcmp(words[word], STEPS[i].name) == 0;
        }
        if (!wanted) {
            continue;
        }
        row_t row = attack_step(&STEPS[i], atol(words[2]));
        print_row(STEPS[i].name, &row);
        total.calls += row.calls;
        total.kills += row.kills;
        total.failed_calls += row.failed_calls;
        total.unnoticed += row.unnoticed;
        total.retried += row.retried;
        total.reopened += row.reopened;
        total.faults += row.faults;
        total.worst = row.worst > total.worst ? row.worst : total.worst;
    }
    print_row("all", &total);
    remove_store();
    return total.faults != 0;
}
