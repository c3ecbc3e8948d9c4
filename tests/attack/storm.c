/* Kills workers at random instants, in whatever language they are, and looks whether what they acknowledged is there.

   storm DIRECTORY KILLS WORKER…: the command of a worker, which gets the directory, a key and the first tag, and says
   on a line of its own each tag that it has put under that key. */
#define _GNU_SOURCE
#include "content.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS 4
#define WORDS 16
/* Seconds in which a worker has to put something. */
#define PATIENCE 120
/* A worker lives so long after its first put, at the most. */
#define LIFE_MS 60

typedef struct worker_t {
    char key[16];
    pid_t pid;
    int said;
    double started, dies;
    /* The last tag it acknowledged, and what is kept of a line. */
    int64_t tag;
    char line[64];
    size_t length;
} worker_t;

static const char *path;
static char **command;
static int command_words;

static void start(worker_t *worker) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        exit(2);
    }
    fflush(stdout);
    worker->pid = fork();
    if (worker->pid == 0) {
        char *words[WORDS], tag[24];
        snprintf(tag, sizeof tag, "%lld", (long long)worker->tag + 1);
        memcpy(words, command, (size_t)command_words * sizeof *words);
        words[command_words] = (char *)path;
        words[command_words + 1] = worker->key;
        words[command_words + 2] = tag;
        words[command_words + 3] = NULL;
        dup2(ends[1], STDOUT_FILENO);
        execvp(words[0], words);
        _exit(99);
    }
    close(ends[1]);
    worker->said = ends[0];
    worker->length = 0;
    worker->started = now();
    worker->dies = 0;
}

/* Takes in what a worker has said; false: it has said all. */
static bool hear(worker_t *worker) {
    char byte;
    ssize_t got;
    while ((got = read(worker->said, &byte, 1)) == 1) {
        if (byte != '\n') {
            worker->line[worker->length++ % sizeof worker->line] = byte;
            continue;
        }
        worker->line[worker->length % sizeof worker->line] = 0;
        worker->tag = strtoll(worker->line, NULL, 10);
        worker->length = 0;
        if (worker->dies == 0) {
            worker->dies = now() + (double)(rand() % LIFE_MS) / 1e3;
        }
    }
    return got != 0;
}

/* Ends a worker; answers what is wrong afterwards. */
static long end(worker_t *worker, dy_lmdb_store_t *store, double *worst) {
    int status;
    long faults = 0;
    kill(worker->pid, SIGKILL);
    waitpid(worker->pid, &status, 0);
    double begun = now();
    if (store_put(store, "next", 40000, 1, 0) != DY_LMDB_OK) {
        printf("! the next put: %s\n", dy_lmdb_last_error_message());
        faults++;
    }
    double took = now() - begun;
    *worst = took > *worst ? took : *worst;
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
        printf("! a worker ended by itself: %#x\n", (unsigned)status);
        faults++;
    }
    fcntl(worker->said, F_SETFL, 0);
    while (hear(worker)) {
    }
    close(worker->said);
    int64_t tag = store_tag(store, worker->key);
    if (tag != worker->tag && tag != worker->tag + 1) {
        printf("! %s holds %lld; %lld was acknowledged\n", worker->key, (long long)tag, (long long)worker->tag);
        faults++;
    }
    worker->tag = tag > 0 ? tag : worker->tag;
    char lent[sizeof worker->key + 8];
    strcat(strcpy(lent, worker->key), ".loan");
    int64_t of_loan = store_tag(store, lent);
    if (of_loan == WRONG || of_loan == FAILED || of_loan > worker->tag) {
        printf("! %s holds %lld\n", lent, (long long)of_loan);
        faults++;
    }
    return faults;
}

int main(int count, char **words) {
    if (count < 4 || count - 3 > WORDS - 4) {
        fprintf(stderr, "usage: storm DIRECTORY KILLS WORKER…\n");
        return 2;
    }
    path = words[1];
    long wanted = atol(words[2]), kills = 0, faults = 0, put = 0;
    command = words + 3;
    command_words = count - 3;
    dy_lmdb_store_t *store;
    if (store_open(path, 0, 0, &store) != DY_LMDB_OK) {
        fprintf(stderr, "storm: %s\n", dy_lmdb_last_error_message());
        return 2;
    }
    worker_t workers[WORKERS] = {0};
    for (int i = 0; i < WORKERS; i++) {
        snprintf(workers[i].key, sizeof workers[i].key, "own%d", i);
        workers[i].tag = 1000;
        start(&workers[i]);
        fcntl(workers[i].said, F_SETFL, O_NONBLOCK);
    }
    double worst = 0;
    while (kills < wanted && faults < 20) {
        for (int i = 0; i < WORKERS; i++) {
            worker_t *worker = &workers[i];
            int64_t before = worker->tag;
            bool speaks = hear(worker);
            put += worker->tag - before;
            bool late = worker->dies == 0 && now() - worker->started > PATIENCE;
            if (!speaks || late || (worker->dies != 0 && now() >= worker->dies)) {
                if (late) {
                    printf("! a worker put nothing\n");
                    faults++;
                }
                faults += end(worker, store, &worst);
                kills++;
                start(worker);
                fcntl(worker->said, F_SETFL, O_NONBLOCK);
            }
        }
        usleep(500);
    }
    for (int i = 0; i < WORKERS; i++) {
        kill(workers[i].pid, SIGKILL);
        waitpid(workers[i].pid, NULL, 0);
    }
    if (store_audit(store, "loans") != 0 || store_audit(store, "pins") != 0) {
        printf("! an audit: %s\n", dy_lmdb_last_error_message());
        faults++;
    }
    dy_lmdb_store_close(store);
    printf("%ld kills, %ld puts acknowledged, %ld faults, next put at the worst %.1f ms\n", kills, put, faults,
           worst * 1e3);
    return faults != 0;
}
