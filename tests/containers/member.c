/* Does with a store what it is told on standard input, a line at a time, and answers each with a line: the status, then
   what was asked for or the message. It ends as its input does. */
#define _GNU_SOURCE
#include "../attack/content.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LONGEST_LINE 4096

static dy_lmdb_store_t *store;

static void answer(dy_lmdb_status_t status, const char *told) {
    printf("%s %s\n", dy_lmdb_status_name(status), status == DY_LMDB_OK ? told : dy_lmdb_last_error_message());
    fflush(stdout);
}

static void answer_number(dy_lmdb_status_t status, int64_t number) {
    char told[24];
    snprintf(told, sizeof told, "%" PRId64, number);
    answer(status, told);
}

static void answer_block(dy_lmdb_status_t status, dy_lmdb_bytes_t *block) {
    if (status != DY_LMDB_OK) {
        answer(status, "");
        return;
    }
    char *text = strndup((const char *)dy_lmdb_bytes_data(block), dy_lmdb_bytes_size(block));
    answer(status, text);
    free(text);
    dy_lmdb_bytes_free(block);
}

static void open_at(const char *path, const char *mode) {
    dy_lmdb_options_t options;
    dy_lmdb_options_default(&options);
    options.map_size = MAP_SIZE;
    options.mode = (uint32_t)strtoul(mode, NULL, 8);
    answer(dy_lmdb_store_open(path, strlen(path), &options, &store), path);
}

/* The tag of what is under a key; -1: nothing is, -2: wrong bytes. */
static void look(const char *key) {
    int64_t tag = store_tag(store, key);
    answer_number(tag == FAILED ? DY_LMDB_INTERNAL : DY_LMDB_OK, tag);
}

static _Noreturn void write_for_ever(const char *key) {
    for (uint64_t tag = 1;; tag++) {
        dy_lmdb_status_t status = store_put(store, key, 20000, tag, 0);
        if (status != DY_LMDB_OK) {
            answer(status, "");
            exit(1);
        }
    }
}

static void tell_who(void) {
    struct timespec boot;
    char told[80];
    clock_gettime(CLOCK_BOOTTIME, &boot);
    snprintf(told, sizeof told, "%d %ld %u %lld", getpid(), (long)syscall(SYS_gettid), getuid(), (long long)boot.tv_sec);
    answer(DY_LMDB_OK, told);
}

int main(void) {
    char line[LONGEST_LINE];
    umask(0);
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *words[6] = {NULL}, *rest = line;
        for (int i = 0; i < 6; i++) {
            words[i] = strtok_r(i == 0 ? line : NULL, " \n", &rest);
        }
        const char *do_this = words[0] != NULL ? words[0] : "", *key = words[1];
        dy_lmdb_bytes_t *block = NULL;
        if (strcmp(do_this, "who") == 0) {
            tell_who();
        } else if (strcmp(do_this, "open") == 0 && words[2] != NULL) {
            open_at(key, words[2]);
        } else if (strcmp(do_this, "close") == 0) {
            answer(dy_lmdb_store_close(store), "");
        } else if (strcmp(do_this, "put") == 0 && words[4] != NULL) {
            answer(store_put(store, key, strtoul(words[2], NULL, 10), strtoull(words[3], NULL, 10),
                             strtoull(words[4], NULL, 10)),
                   "");
        } else if (strcmp(do_this, "tag") == 0 && key != NULL) {
            look(key);
        } else if (strcmp(do_this, "wait") == 0 && words[2] != NULL) {
            answer(dy_lmdb_store_wait(store, NULL, 0, key, strlen(key), strtoll(words[2], NULL, 10)), "");
        } else if (strcmp(do_this, "sweep") == 0) {
            uint64_t removed = 0;
            dy_lmdb_status_t status = dy_lmdb_store_sweep(store, &removed);
            answer_number(status, (int64_t)removed);
        } else if (strcmp(do_this, "audit") == 0) {
            dy_lmdb_status_t status = dy_lmdb_store_audit(store, &block);
            answer_block(status, block);
        } else if (strcmp(do_this, "stats") == 0) {
            dy_lmdb_status_t status = dy_lmdb_store_stats(store, &block);
            answer_block(status, block);
        } else if (strcmp(do_this, "busy") == 0 && key != NULL) {
            answer(DY_LMDB_OK, "");
            write_for_ever(key);
        } else {
            fprintf(stderr, "member: nothing is known of '%s'\n", do_this);
            return 2;
        }
    }
    return 0;
}
