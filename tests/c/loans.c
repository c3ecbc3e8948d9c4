/* Loans of processes that die, and of one that is taken for dead. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOAN_SIZE (1 << 20)
#define MOST_LOANS 256

static dy_lmdb_store_t *open_existing(const char *directory) {
    dy_lmdb_store_t *store = NULL;
    dy_lmdb_options_t options;
    dy_lmdb_options_default(&options);
    options.flags = DY_LMDB_OPEN_EXISTING;
    options.map_size = CHECK_MAP_SIZE;
    options.prefault = 0;
    EXPECT_OK(dy_lmdb_store_open(directory, strlen(directory), &options, &store));
    return store;
}

static void expect_audit(const dy_lmdb_store_t *store, const char *part) {
    dy_lmdb_bytes_t *report = NULL;
    EXPECT_OK(dy_lmdb_store_audit(store, &report));
    EXPECT_BLOCK_HOLDS(report, part);
}

/* Lends until nothing is left, fills it, says how many loans these are, and waits for its end. */
static void lend_everything(const char *directory, int to_parent) {
    dy_lmdb_store_t *store = open_existing(directory);
    dy_lmdb_loan_t *loan = NULL;
    dy_lmdb_status_t status = DY_LMDB_OK;
    int count = 0;
    while ((status = dy_lmdb_loan_open(store, LOAN_SIZE, &loan)) == DY_LMDB_OK) {
        void *data = NULL;
        size_t size = 0;
        EXPECT_OK(dy_lmdb_loan_data(loan, &data, &size));
        memset(data, 0x5a, size);
        count++;
    }
    EXPECT(status == DY_LMDB_MAP_FULL);
    EXPECT(write(to_parent, &count, sizeof count) == (ssize_t)sizeof count);
    for (;;) pause();
}

static void test_loans_of_a_killed_process_are_reclaimed(void) {
    const char *directory = check_store_directory();
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_loan_t *loans[MOST_LOANS];
    int pipes[2], count = 0, how = 0, i;
    char rows[32];
    pid_t child;
    EXPECT(pipe(pipes) == 0);
    child = fork();
    EXPECT(child >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* should this test fail */
        lend_everything(directory, pipes[1]);
        _exit(1);
    }
    EXPECT(read(pipes[0], &count, sizeof count) == (ssize_t)sizeof count);
    EXPECT(count > 10 && count < MOST_LOANS);
    snprintf(rows, sizeof rows, "\"loans\":%d", count);
    expect_audit(store, rows);
    EXPECT_FAILS(DY_LMDB_MAP_FULL, dy_lmdb_loan_open(store, LOAN_SIZE, &loans[0]));

    EXPECT(kill(child, SIGKILL) == 0);
    EXPECT(waitpid(child, &how, 0) == child && WIFSIGNALED(how));
    EXPECT_OK(dy_lmdb_store_sweep(store, NULL));
    expect_audit(store, "\"loans\":0");
    expect_audit(store, "\"loaned_pages\":0");
    /* All of its room is there again. */
    for (i = 0; i < count; i++) EXPECT_OK(dy_lmdb_loan_open(store, LOAN_SIZE, &loans[i]));
    for (i = 0; i < count; i++) dy_lmdb_loan_drop(loans[i]);
    expect_audit(store, "\"faults\":[]");
    close(pipes[0]);
    close(pipes[1]);
    EXPECT_OK(dy_lmdb_store_close(store));
}

/* Gives up the locks by which other processes know that this one lives, as the kernel does when it dies. */
static void look_dead(void) {
    DIR *descriptors = opendir("/proc/self/fd");
    struct dirent *entry;
    int unlocked = 0;
    EXPECT(descriptors != NULL);
    while ((entry = readdir(descriptors)) != NULL) {
        char link[512], path[1024];
        ssize_t length;
        snprintf(link, sizeof link, "/proc/self/fd/%s", entry->d_name);
        length = readlink(link, path, sizeof path - 1);
        if (length > 7 && memcmp(path + length - 7, "/owners", 7) == 0) {
            struct flock all;
            memset(&all, 0, sizeof all);
            all.l_type = F_UNLCK;
            all.l_whence = SEEK_SET;
            EXPECT(fcntl(atoi(entry->d_name), F_OFD_SETLK, &all) == 0);
            unlocked++;
        }
    }
    closedir(descriptors);
    EXPECT(unlocked == 1);
}

/* Runs last: to others this process is dead from here on. */
static void test_a_loan_whose_row_is_gone_is_lost(void) {
    const char *directory = check_store_directory();
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_loan_t *loan = NULL;
    void *data = NULL;
    size_t size = 0;
    bool present = true;
    int how = 0;
    pid_t child;
    EXPECT_OK(dy_lmdb_loan_open(store, LOAN_SIZE, &loan));
    EXPECT_OK(dy_lmdb_loan_data(loan, &data, &size));
    memset(data, 1, size);
    look_dead();
    child = fork();
    EXPECT(child >= 0);
    if (child == 0) {
        dy_lmdb_store_t *own = open_existing(directory);
        EXPECT_OK(dy_lmdb_store_sweep(own, NULL));
        expect_audit(own, "\"loans\":0");
        EXPECT_OK(dy_lmdb_store_close(own));
        _exit(0);
    }
    EXPECT(waitpid(child, &how, 0) == child && WIFEXITED(how) && WEXITSTATUS(how) == 0);
    EXPECT_FAILS(DY_LMDB_LOAN_LOST, dy_lmdb_loan_publish(loan, NOTHING, TEXT("k"), size, NULL, NULL));
    EXPECT_SAYS("reclaimed");
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_loan_publish(loan, NOTHING, TEXT("k"), size, NULL, NULL));
    EXPECT_OK(dy_lmdb_loan_drop(loan));
    EXPECT_OK(dy_lmdb_store_contains(store, NOTHING, TEXT("k"), &present));
    EXPECT(!present);
    expect_audit(store, "\"faults\":[]");
    EXPECT_OK(dy_lmdb_store_close(store));
}

static const check_case_t cases[] = {
    {"test_loans_of_a_killed_process_are_reclaimed", test_loans_of_a_killed_process_are_reclaimed},
    {"test_a_loan_whose_row_is_gone_is_lost", test_a_loan_whose_row_is_gone_is_lost},
};

int main(int argc, char **argv) {
    (void)argc;
    return check_run(argv[0], cases, sizeof cases / sizeof *cases);
}
