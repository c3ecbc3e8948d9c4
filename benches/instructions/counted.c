/* `counted.h` for Python and Java: callgrind's requests as functions of a library. */
#include <stdio.h>
#include <valgrind/callgrind.h>

void counted_begin(void) { CALLGRIND_ZERO_STATS; }

void counted_end(const char *operation, int n) {
    char named[80];
    snprintf(named, sizeof named, "%s %d", operation, n);
    CALLGRIND_DUMP_STATS_AT(named);
}
