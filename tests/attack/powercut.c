/* Simulated power cuts of a durable store.

   powercut DIRECTORY CUTS SEED: what the store has had written to the disk is followed in a second file, by way of its
   calls of msync. A cut leaves that, and any of the pages that were changed since, as the kernel may have written them
   meanwhile. The store that is left has to open, and hold everything that was acknowledged. */
#define _GNU_SOURCE
#include "content.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096
#define KEYS 12
/* Of so many calls of msync one is cut. */
#define RARITY 6

static const size_t SIZES[] = {100, 1500, 5000, 60000, 200000, 700000};
static const char *const FILES[] = {"shared", "lock.mdb", "owners", "open.lock"};

static char store_path[512], cut_path[512];
/* The data file, and what of it is on the disk. */
static int data = -1, disk = -1;
static bool cut;

static void fail(const char *what) {
    fprintf(stderr, "powercut: %s: %m; %s\n", what, dy_lmdb_last_error_message());
    exit(2);
}

static int open_in(const char *directory, const char *name, int flags) {
    char path[600];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd < 0) {
        fail(path);
    }
    return fd;
}

/* Copies those pages of `from` to `to` that differ, each with a chance of `percent` in a hundred. */
static void copy_pages(int from, int to, int percent) {
    static char there[PAGE], here[PAGE];
    for (off_t at = 0; (at = lseek(from, at, SEEK_DATA)) >= 0; at += PAGE) {
        at -= at % PAGE;
        ssize_t length = pread(from, here, PAGE, at), old = pread(to, there, PAGE, at);
        bool same = length == old && memcmp(here, there, (size_t)length) == 0;
        if (!same && rand() % 100 < percent && pwrite(to, here, (size_t)length, at) != length) {
            fail("copying");
        }
    }
}

/* A file of what a cut leaves, as long as this one. */
static int image_of(int file, const char *name) {
    struct stat whole;
    int image = open_in(cut_path, name, O_RDWR | O_CREAT | O_TRUNC);
    if (fstat(file, &whole) != 0 || ftruncate(image, whole.st_size) != 0) {
        fail("sizing");
    }
    return image;
}

static void make_cut(void) {
    mkdir(cut_path, 0700);
    int image = image_of(data, "data.mdb");
    copy_pages(disk, image, 100);
    copy_pages(data, image, rand() % 101);
    close(image);
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        int from = open_in(store_path, FILES[i], O_RDONLY), to = image_of(from, FILES[i]);
        copy_pages(from, to, 100);
        close(to);
        /* Closing it drops no lock that counts: the library holds its own. */
        close(from);
    }
    cut = true;
}

/* In the place of libc's, for LMDB too. */
int msync(void *at, size_t length, int flags) {
    static int (*real)(void *, size_t, int);
    if (real == NULL) {
        *(void **)&real = dlsym(RTLD_NEXT, "msync");
    }
    if (data >= 0 && !cut && rand() % RARITY == 0) {
        make_cut();
    }
    int answer = real(at, length, flags);
    if (data >= 0 && (flags & MS_SYNC)) {
        copy_pages(data, disk, 100);
    }
    return answer;
}

static void remove_cut(void) {
    char path[600];
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        snprintf(path, sizeof path, "%s/%s", cut_path, FILES[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/data.mdb", cut_path);
    unlink(path);
    rmdir(cut_path);
}

/* Whether the store that a cut left holds what was acknowledged, or what was on its way to `changing`. */
static int check(const int64_t *tags, int changing, int64_t changed) {
    dy_lmdb_store_t *store;
    int faults = 0;
    int followed = data;
    data = -1;
    if (store_open(cut_path, DY_LMDB_OPEN_NO_SWEEPER, 1, &store) != DY_LMDB_OK) {
        printf("! after a cut: %s\n", dy_lmdb_last_error_message());
        faults = 1;
    } else {
        for (int i = 0; i < KEYS; i++) {
            char key[8];
            snprintf(key, sizeof key, "k%d", i);
            int64_t tag = store_tag(store, key);
            if (tag != tags[i] && !(i == changing && tag == changed)) {
                printf("! after a cut %s holds %lld; %lld was acknowledged\n", key, (long long)tag, (long long)tags[i]);
                faults++;
            }
        }
        if (store_put(store, "next", 60000, 1, 0) != DY_LMDB_OK || store_audit(store, "loans") != 0) {
            printf("! after a cut: %s\n", dy_lmdb_last_error_message());
            faults++;
        }
        dy_lmdb_store_close(store);
    }
    data = followed;
    return faults;
}

int main(int count, char **words) {
    if (count != 4) {
        fprintf(stderr, "usage: powercut DIRECTORY CUTS SEED\n");
        return 2;
    }
    snprintf(store_path, sizeof store_path, "%s", words[1]);
    snprintf(cut_path, sizeof cut_path, "%s.cut", words[1]);
    srand((unsigned)atoi(words[3]));
    dy_lmdb_store_t *store;
    if (store_open(store_path, DY_LMDB_OPEN_NO_SWEEPER, 1, &store) != DY_LMDB_OK) {
        fail("opening");
    }
    char path[600];
    snprintf(path, sizeof path, "%s.disk", store_path);
    disk = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    data = open_in(store_path, "data.mdb", O_RDONLY);
    copy_pages(data, disk, 100);
    int64_t tags[KEYS];
    memset(tags, 0xff, sizeof tags);
    int cuts = 0, faults = 0, wanted = atoi(words[2]);
    for (int64_t tag = 1; cuts < wanted; tag++) {
        int i = rand() % KEYS;
        bool gone, removing = rand() % 5 == 0;
        char key[8];
        snprintf(key, sizeof key, "k%d", i);
        dy_lmdb_status_t status = removing ? dy_lmdb_store_delete(store, NULL, 0, key, strlen(key), &gone)
                                           : store_put(store, key, SIZES[rand() % 6], (uint64_t)tag, 0);
        if (status != DY_LMDB_OK) {
            fail("changing");
        }
        if (cut) {
            faults += check(tags, i, removing ? ABSENT : tag);
            remove_cut();
            cut = false;
            cuts++;
        }
        tags[i] = removing ? ABSENT : tag;
    }
    data = -1;
    dy_lmdb_store_close(store);
    unlink(path);
    printf("%d power cuts, %d faults (seed %s)\n", cuts, faults, words[3]);
    return faults != 0;
}
