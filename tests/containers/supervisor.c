/* Starts workers in namespaces of their own, kills them at random and starts them again, until enough were killed or a
   fault was found; then has a last one look at what is left.

   supervisor WORKER DIRECTORY LAYOUT ROLES KILLS SECONDS

   WORKER gets: the descriptor of the control memory, the store's path, a letter of ROLES, its number.
   LAYOUT is one of
     equal     two pods with a pid namespace each, whose workers have the same ids in both
     distinct  the same, with an id for each worker that no other has
     alone     every worker is number 1 of a pid namespace of its own
   The pods have the directory at two paths, clocks of their own, and two users of one group in them. */
#define _GNU_SOURCE
#include "control.h"
#include "namespaces.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PODS 2
/* Far from what a namespace gives to threads. */
#define FIRST_ID 30000
/* In each pod the next one is killed after this long at the most. */
#define GAP_US 30000
/* Seconds without a commit after which nothing moves any more. */
#define PATIENCE 20
/* Of those that are still opening the store one in so many is killed nevertheless. */
#define OPENING_KILLS 4

typedef enum layout_t { EQUAL, DISTINCT, ALONE } layout_t;

typedef struct run_t {
    control_t *control;
    char control_fd[12];
    char *program, *roles;
    char directory[PATH_MAX - 32];
    layout_t layout;
    unsigned pods_workers;
} run_t;

static void must(control_t *control, int failed, const char *what) {
    if (failed != 0) {
        control_fail(control, FAULT_SET_UP, "%s: %s", what, strerror(failed));
    }
}

/* A worker in its namespaces, in the pod's process; its pid there. */
static pid_t start(run_t *run, unsigned pod, unsigned place, const char *store) {
    unsigned number = pod * run->pods_workers + place;
    uint64_t flags = run->layout == ALONE ? CLONE_NEWPID | CLONE_NEWNS : 0;
    pid_t id = run->layout == ALONE ? 0 : (pid_t)(FIRST_ID + (run->layout == EQUAL ? place : number));
    double until = seconds() + PATIENCE;
    pid_t pid;
    atomic_store(&run->control->workers[number].ready, 0);
    /* A thread of the namespace may just have the id. */
    while ((pid = fork_into(flags, id)) < 0 && errno == EEXIST && seconds() < until) {
        sleep_us(500);
    }
    if (pid == 0) {
        char role[2] = {run->roles[place], 0}, shown[12];
        char *words[] = {run->program, run->control_fd, (char *)store, role, shown, NULL};
        snprintf(shown, sizeof shown, "%u", number);
        if (flags != 0) {
            must(run->control, own_mounts(), "mounting /proc");
        }
        must(run->control, run_as(number % 2, words), run->program);
    }
    must(run->control, pid < 0 ? errno : 0, "starting a worker");
    return pid;
}

/* What a worker that ended by itself died of, unless it told a fault. */
static void crashed(control_t *control, int status) {
    if (WIFSIGNALED(status)) {
        control_note(control, FAULT_CRASH, "a worker ended by signal %d", WTERMSIG(status));
    } else {
        control_note(control, FAULT_CRASH, "a worker ended with exit code %d", WEXITSTATUS(status));
    }
}

/* Until all workers of a pod have opened the store, so that nobody is killed who would have been refused. */
static void all_open(run_t *run, unsigned pod) {
    double until = seconds() + PATIENCE;
    for (unsigned i = 0; i < run->pods_workers; i++) {
        unsigned number = pod * run->pods_workers + i;
        while (!atomic_load(&run->control->workers[number].ready) && !atomic_load(&run->control->stop)) {
            sleep_us(1000);
            if (seconds() > until) {
                control_fail(run->control, FAULT_STUCK, "worker %u has not opened the store for %d s", number, PATIENCE);
            }
        }
    }
}

/* The first process of a pod. */
static _Noreturn void live(run_t *run, unsigned pod) {
    control_t *control = run->control;
    char store[PATH_MAX], volume[PATH_MAX];
    pid_t pids[MOST_WORKERS];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    must(control, own_mounts(), "mounting /proc");
    snprintf(volume, sizeof volume, "%s/volume", run->directory);
    snprintf(store, sizeof store, "%s/at%u", run->directory, pod);
    must(control, mount_at(volume, store), store);
    strcat(store, "/store");
    for (unsigned i = 0; i < run->pods_workers; i++) {
        pids[i] = start(run, pod, i, store);
    }
    all_open(run, pod);
    while (!atomic_load(&control->stop)) {
        int status;
        sleep_us(random_below(GAP_US));
        if (waitpid(-1, &status, WNOHANG) > 0) {
            crashed(control, status);
            break;
        }
        unsigned i = random_below(run->pods_workers);
        if (!atomic_load(&control->workers[pod * run->pods_workers + i].ready) && random_below(OPENING_KILLS) != 0) {
            continue;
        }
        kill(pids[i], SIGKILL);
        waitpid(pids[i], &status, 0);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
            crashed(control, status);
            break;
        }
        atomic_fetch_add(&control->kills, 1);
        atomic_fetch_add(&control->writer_kills, run->roles[i] == 'w');
        pids[i] = start(run, pod, i, store);
    }
    /* The namespace ends with its first process, and all in it. */
    _exit(0);
}

/* Waits for a child, at most so many seconds, then ends it. */
static int await(pid_t pid, double most) {
    int status;
    double until = seconds() + most;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (seconds() > until) {
            kill(pid, SIGKILL);
        }
        sleep_us(1000);
    }
    return status;
}

/* Until enough were killed, or a fault was found. */
static void watch(control_t *control, uint64_t kills, double most) {
    double begun = seconds(), moved = begun;
    uint64_t commits = 0;
    while (!atomic_load(&control->stop) && atomic_load(&control->kills) < kills) {
        double now = seconds();
        sleep_us(20000);
        if (atomic_load(&control->commits) != commits) {
            commits = atomic_load(&control->commits);
            moved = now;
        } else if (now - moved > PATIENCE) {
            control_note(control, FAULT_STUCK, "no commit for %d s", PATIENCE);
        }
        if (now - begun > most) {
            control_note(control, FAULT_SET_UP, "%llu of %llu kills in %.0f s", (unsigned long long)control->kills,
                         (unsigned long long)kills, most);
        }
    }
    atomic_store(&control->stop, 1);
}

/* The ids that the workers had must be those that the layout asks for, and all must have written, or the run shows
   nothing. */
static void check_run(const run_t *run) {
    for (unsigned number = 0; number < PODS * run->pods_workers; number++) {
        unsigned place = number % run->pods_workers;
        int wanted = run->layout == ALONE ? 1 : FIRST_ID + (int)(run->layout == EQUAL ? place : number);
        int found = atomic_load(&run->control->workers[number].id);
        if (found != wanted) {
            control_note(run->control, FAULT_SET_UP, "worker %u had the id %d, not %d", number, found, wanted);
        }
        if (run->roles[place] == 'w' && atomic_load(&run->control->slots[number * WRITER_THREADS].committed) == 0) {
            control_note(run->control, FAULT_SET_UP, "worker %u never wrote", number);
        }
    }
}

static int64_t uptime(void) {
    struct timespec time;
    clock_gettime(CLOCK_BOOTTIME, &time);
    return time.tv_sec;
}

static void verdict(run_t *run) {
    char store[PATH_MAX];
    char *words[] = {run->program, run->control_fd, store, "z", "0", NULL};
    snprintf(store, sizeof store, "%s/volume/store", run->directory);
    pid_t pid = fork();
    if (pid == 0) {
        execv(run->program, words);
        _exit(99);
    }
    int status = await(pid, 3 * PATIENCE);
    if (status != 0) {
        crashed(run->control, status);
    }
}

int main(int count, char **words) {
    static const char *const layouts[] = {"equal", "distinct", "alone"};
    run_t run = {0};
    int fd, layout = 0;
    while (count == 7 && layout < 3 && strcmp(words[3], layouts[layout]) != 0) {
        layout++;
    }
    if (count != 7 || layout == 3 || strlen(words[4]) * PODS > MOST_WORKERS || realpath(words[2], run.directory) == NULL) {
        fprintf(stderr, "usage: supervisor WORKER DIRECTORY equal|distinct|alone ROLES KILLS SECONDS\n");
        return 2;
    }
    run.layout = (layout_t)layout;
    run.program = words[1];
    run.roles = words[4];
    run.pods_workers = (unsigned)strlen(words[4]);
    run.control = control_make(&fd);
    snprintf(run.control_fd, sizeof run.control_fd, "%d", fd);
    char volume[PATH_MAX];
    snprintf(volume, sizeof volume, "%s/volume", run.directory);
    umask(0);
    if (mkdir(volume, 0770) != 0 || chown(volume, 0, SHARED_GROUP) != 0 || chmod(volume, 02770) != 0) {
        perror(volume);
        return 2;
    }

    /* A clock cannot be before the boot. */
    int64_t before = uptime() / 2 < 3600 ? uptime() / 2 : 3600, offsets[PODS] = {100 * 86400, -before};
    pid_t pods[PODS];
    double begun = seconds();
    for (unsigned i = 0; i < PODS; i++) {
        must(run.control, time_offset(offsets[i]), "a time namespace");
        pods[i] = fork_into(CLONE_NEWPID | CLONE_NEWNS, 0);
        if (pods[i] == 0) {
            live(&run, i);
        }
        must(run.control, pods[i] < 0 ? errno : 0, "starting a pod");
    }
    must(run.control, time_offset(0), "a time namespace");
    watch(run.control, strtoull(words[5], NULL, 10), strtod(words[6], NULL));
    for (unsigned i = 0; i < PODS; i++) {
        await(pods[i], PATIENCE);
    }
    if (run.control->fault == FAULT_NONE) {
        check_run(&run);
        verdict(&run);
    }

    control_t *end = run.control;
    printf("%s: %llu kills in %.1f s, %llu of them of writers; %llu commits, %llu looks, %llu wakes, %llu audits\n",
           words[3], (unsigned long long)end->kills, seconds() - begun, (unsigned long long)end->writer_kills,
           (unsigned long long)end->commits, (unsigned long long)end->looks, (unsigned long long)end->wakes,
           (unsigned long long)end->audits);
    for (int i = 0; i < 100 && end->fault != FAULT_NONE && !end->told; i++) {
        sleep_us(10000);
    }
    if (end->fault != FAULT_NONE) {
        printf("fault: %s: %s\n", fault_name(end->fault), end->text);
    }
    return end->fault != FAULT_NONE;
}
