/* Preloaded: reading the file whose path ends with $DY_TEST_UNREADABLE fails as on a broken disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int unreadable(int fd) {
    const char *name = getenv("DY_TEST_UNREADABLE");
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    size_t tail = name == NULL ? 0 : strlen(name);
    return tail > 0 && length >= (ssize_t)tail && memcmp(path + length - tail, name, tail) == 0;
}

#define FAILING(NAME, OFFSET)                                             \
    ssize_t NAME(int fd, void *buffer, size_t count, OFFSET at) {         \
        ssize_t (*real)(int, void *, size_t, OFFSET) = NULL;              \
        if (unreadable(fd)) {                                             \
            errno = EIO;                                                  \
            return -1;                                                    \
        }                                                                 \
        *(void **)&real = dlsym(RTLD_NEXT, #NAME);                        \
        return real(fd, buffer, count, at);                               \
    }

FAILING(pread, off_t)
FAILING(pread64, off64_t)
