/* What callgrind counts, operation by operation: instructions do not depend on how busy the machine is. */
#ifndef COUNTED_H
#define COUNTED_H

#include <stdio.h>
#include <stdlib.h>
#include <valgrind/callgrind.h>

/* Runs `call` some times to warm up, then `n` times counted; callgrind writes a file that names operation and n. */
#define COUNTED(operation, n, call)                                   \
    do {                                                              \
        for (int turn = 0; turn < 50; turn++) {                       \
            call;                                                     \
        }                                                             \
        CALLGRIND_ZERO_STATS;                                         \
        for (int turn = 0; turn < (n); turn++) {                      \
            call;                                                     \
        }                                                             \
        char named[80];                                               \
        snprintf(named, sizeof named, "%s %d", operation, (int)(n));  \
        CALLGRIND_DUMP_STATS_AT(named);                               \
    } while (0)

#endif
