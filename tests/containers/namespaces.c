#define _GNU_SOURCE
#include "namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int time_offset(int64_t seconds) {
    if (unshare(CLONE_NEWTIME) != 0) {
        return errno;
    }
    int file = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
    int failed = file < 0 || dprintf(file, "boottime %lld 0\n", (long long)seconds) < 0 ? errno : 0;
    close(file);
    return failed;
}

pid_t fork_into(uint64_t flags, pid_t id) {
    struct clone_args how = {.flags = flags, .exit_signal = SIGCHLD};
    if (id != 0) {
        how.set_tid = (uint64_t)(uintptr_t)&id;
        how.set_tid_size = 1;
    }
    return (pid_t)syscall(SYS_clone3, &how, sizeof how);
}

int own_mounts(void) {
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || mount("proc", "/proc", "proc", 0, NULL) != 0) {
        return errno;
    }
    return 0;
}

int mount_at(const char *from, const char *to) {
    if ((mkdir(to, 0755) != 0 && errno != EEXIST) || mount(from, to, NULL, MS_BIND, NULL) != 0) {
        return errno;
    }
    return 0;
}

int run_as(unsigned number, char *const words[]) {
    umask(0);
    if (setgroups(0, NULL) != 0 || setgid(SHARED_GROUP) != 0 || setuid(FIRST_USER + number) != 0) {
        return errno;
    }
    /* A change of user ends what was set before. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execv(words[0], words);
    return errno;
}
