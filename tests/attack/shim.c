/* Preloaded beside the library: counts the calls of libc that a store makes, and at the n-th ends the process, or has
   the call fail. Everything else passes through. */
#define _GNU_SOURCE
#include "shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/vfs.h>
#include <unistd.h>

static volatile int armed, error_to_answer, with_memory;
static volatile long target, calls;
static const char *volatile reached;

void shim_arm(long at, int error, int memory) {
    calls = 0;
    target = at;
    error_to_answer = error;
    with_memory = memory;
    reached = "";
    armed = 1;
}

long shim_disarm(void) {
    armed = 0;
    return calls;
}

const char *shim_reached(void) {
    return reached;
}

/* Counts a call; true: it is to fail. */
static int hit(const char *name) {
    if (!armed || __sync_add_and_fetch(&calls, 1) != target) {
        return 0;
    }
    reached = name;
    if (error_to_answer == 0) {
        kill(getpid(), SIGKILL);
    }
    errno = error_to_answer;
    return 1;
}

#define REAL(result, name, ...) \
    static result (*real)(__VA_ARGS__); \
    if (!real) { \
        *(void **)&real = dlsym(RTLD_NEXT, #name); \
    }

/* A call that answers `failure` when it is hit. */
#define CALL(result, name, failure, parameters, arguments) \
    result name parameters { \
        REAL(result, name, ) \
        return hit(#name) ? failure : ((result(*) parameters)real) arguments; \
    }

CALL(int, fallocate, -1, (int fd, int mode, off_t from, off_t length), (fd, mode, from, length))
CALL(int, fallocate64, -1, (int fd, int mode, off64_t from, off64_t length), (fd, mode, from, length))
CALL(int, ftruncate, -1, (int fd, off_t length), (fd, length))
CALL(int, ftruncate64, -1, (int fd, off64_t length), (fd, length))
CALL(int, msync, -1, (void *at, size_t length, int flags), (at, length, flags))
CALL(int, fsync, -1, (int fd), (fd))
CALL(int, fdatasync, -1, (int fd), (fd))
CALL(int, madvise, -1, (void *at, size_t length, int advice), (at, length, advice))
CALL(int, mprotect, -1, (void *at, size_t length, int protection), (at, length, protection))
CALL(void *, mmap, MAP_FAILED, (void *at, size_t length, int protection, int flags, int fd, off_t from),
     (at, length, protection, flags, fd, from))
CALL(void *, mmap64, MAP_FAILED, (void *at, size_t length, int protection, int flags, int fd, off64_t from),
     (at, length, protection, flags, fd, from))
CALL(int, flock, -1, (int fd, int operation), (fd, operation))
CALL(int, chmod, -1, (const char *path, mode_t mode), (path, mode))
CALL(int, fchmod, -1, (int fd, mode_t mode), (fd, mode))
CALL(int, mkdir, -1, (const char *path, mode_t mode), (path, mode))
CALL(int, unlink, -1, (const char *path), (path))
CALL(int, fstatfs, -1, (int fd, struct statfs *answer), (fd, answer))
CALL(int, fstatvfs, -1, (int fd, struct statvfs *answer), (fd, answer))
CALL(int, fstat, -1, (int fd, struct stat *answer), (fd, answer))
CALL(int, fstat64, -1, (int fd, struct stat64 *answer), (fd, answer))
CALL(int, stat64, -1, (const char *path, struct stat64 *answer), (path, answer))
CALL(int, lstat64, -1, (const char *path, struct stat64 *answer), (path, answer))
CALL(int, statx, -1,
     (int directory, const char *restrict path, int flags, unsigned mask, struct statx *restrict answer),
     (directory, path, flags, mask, answer))
CALL(int, utimensat, -1, (int directory, const char *path, const struct timespec times[2], int flags),
     (directory, path, times, flags))
CALL(off_t, lseek, -1, (int fd, off_t offset, int whence), (fd, offset, whence))
CALL(ssize_t, pwrite, -1, (int fd, const void *bytes, size_t length, off_t at), (fd, bytes, length, at))
CALL(ssize_t, pwrite64, -1, (int fd, const void *bytes, size_t length, off64_t at), (fd, bytes, length, at))
CALL(ssize_t, pread, -1, (int fd, void *bytes, size_t length, off_t at), (fd, bytes, length, at))
CALL(ssize_t, pread64, -1, (int fd, void *bytes, size_t length, off64_t at), (fd, bytes, length, at))
CALL(ssize_t, read, -1, (int fd, void *bytes, size_t length), (fd, bytes, length))
CALL(ssize_t, write, -1, (int fd, const void *bytes, size_t length), (fd, bytes, length))
CALL(int, pthread_create, EAGAIN,
     (pthread_t *restrict thread, const pthread_attr_t *restrict attributes, void *(*body)(void *),
      void *restrict argument),
     (thread, attributes, body, argument))

/* What is closed stays closed, whatever the call answers. */
int close(int fd) {
    REAL(int, close, int)
    int failed = hit("close");
    int error = errno, answer = real(fd);
    if (failed) {
        errno = error;
    }
    return failed ? -1 : answer;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(int, name, const char *, int, ...) \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        return hit(#name) ? -1 : real(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

int fcntl(int fd, int command, ...) {
    REAL(int, fcntl, int, int, ...)
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    return hit("fcntl") ? -1 : real(fd, command, argument);
}

int fcntl64(int fd, int command, ...) {
    REAL(int, fcntl64, int, int, ...)
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    return hit("fcntl64") ? -1 : real(fd, command, argument);
}

long syscall(long number, ...) {
    REAL(long, syscall, long, ...)
    long given[6];
    va_list rest;
    va_start(rest, number);
    for (int i = 0; i < 6; i++) {
        given[i] = va_arg(rest, long);
    }
    va_end(rest);
    /* Waking never fails: who waits would not hear of it. */
    bool wakes = number == SYS_futex && (given[1] & FUTEX_CMD_MASK) == FUTEX_WAKE;
    if (wakes && error_to_answer != 0) {
        return real(number, given[0], given[1], given[2], given[3], given[4], given[5]);
    }
    return hit("syscall") ? -1 : real(number, given[0], given[1], given[2], given[3], given[4], given[5]);
}

/* What never fails so, as mutexes and the unmapping of a whole map; a process may end there. */
#define UNFAILING(name, parameters, arguments) \
    int name parameters { \
        REAL(int, name, ) \
        if (error_to_answer == 0) { \
            hit(#name); \
        } \
        return ((int(*) parameters)real) arguments; \
    }
UNFAILING(munmap, (void *at, size_t length), (at, length))
UNFAILING(pthread_mutex_lock, (pthread_mutex_t * mutex), (mutex))
UNFAILING(pthread_mutex_unlock, (pthread_mutex_t * mutex), (mutex))
UNFAILING(pthread_mutex_consistent, (pthread_mutex_t * mutex), (mutex))

/* So may it while memory is copied, in the middle of a payload or a record. */
static void copy(char *to, const char *from, size_t length) {
    int half = armed && with_memory && error_to_answer == 0;
    for (size_t i = 0; i < length; i++) {
        if (half && i == length / 2) {
            hit("memcpy");
        }
        to[i] = from[i];
    }
}

void *memcpy(void *restrict to, const void *restrict from, size_t length) {
    copy(to, from, length);
    return to;
}

void *memmove(void *to, const void *from, size_t length) {
    if ((char *)to <= (const char *)from || (char *)to >= (const char *)from + length) {
        copy(to, from, length);
    } else {
        for (size_t i = length; i-- > 0;) {
            ((char *)to)[i] = ((const char *)from)[i];
        }
    }
    return to;
}
