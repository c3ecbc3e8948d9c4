#define _GNU_SOURCE
#include "content.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const uint64_t STEP = 0x9E3779B97F4A7C15u;

static uint64_t word(uint64_t tag, size_t size, size_t at) {
    return at == 0 ? tag : at == 1 ? size : (tag + at) * STEP;
}

void content_fill(void *bytes, size_t size, uint64_t tag) {
    for (size_t at = 0; at < size; at += 8) {
        uint64_t value = word(tag, size, at / 8);
        memcpy((char *)bytes + at, &value, size - at < 8 ? size - at : 8);
    }
}

int64_t content_tag(const void *bytes, size_t size) {
    uint64_t tag;
    if (size < 16) {
        return WRONG;
    }
    memcpy(&tag, bytes, 8);
    for (size_t at = 0; at < size; at += 8) {
        uint64_t value = word(tag, size, at / 8);
        if (memcmp((const char *)bytes + at, &value, size - at < 8 ? size - at : 8) != 0) {
            return WRONG;
        }
    }
    return (int64_t)tag;
}

dy_lmdb_status_t store_open(const char *path, uint32_t flags, uint32_t durability, dy_lmdb_store_t **store) {
    dy_lmdb_options_t options;
    dy_lmdb_options_default(&options);
    options.map_size = MAP_SIZE;
    options.flags = flags;
    options.durability = durability;
    return dy_lmdb_store_open(path, strlen(path), &options, store);
}

dy_lmdb_status_t store_put(dy_lmdb_store_t *store, const char *key, size_t size, uint64_t tag, uint64_t ttl_ms) {
    void *bytes = malloc(size);
    content_fill(bytes, size, tag);
    dy_lmdb_buffer_t part = {bytes, size};
    dy_lmdb_put_options_t options;
    dy_lmdb_put_options_default(&options);
    options.ttl_ms = ttl_ms;
    dy_lmdb_status_t status = dy_lmdb_store_put(store, NULL, 0, key, strlen(key), &part, 1, &options, NULL);
    free(bytes);
    return status;
}

int64_t store_tag(dy_lmdb_store_t *store, const char *key) {
    dy_lmdb_view_t *view;
    dy_lmdb_status_t status = dy_lmdb_view_open(store, NULL, 0, key, strlen(key), 0, &view, NULL);
    if (status != DY_LMDB_OK) {
        return status == DY_LMDB_NOT_FOUND ? ABSENT : FAILED;
    }
    const void *bytes;
    size_t size;
    dy_lmdb_view_data(view, &bytes, &size);
    int64_t tag = content_tag(bytes, size);
    dy_lmdb_view_close(view);
    return tag;
}

int64_t store_audit(dy_lmdb_store_t *store, const char *name) {
    uint64_t removed;
    dy_lmdb_bytes_t *block;
    if (dy_lmdb_store_sweep(store, &removed) != DY_LMDB_OK || dy_lmdb_store_audit(store, &block) != DY_LMDB_OK) {
        return FAILED;
    }
    char *text = strndup((const char *)dy_lmdb_bytes_data(block), dy_lmdb_bytes_size(block));
    dy_lmdb_bytes_free(block);
    char quoted[40];
    snprintf(quoted, sizeof quoted, "\"%s\":", name);
    char *at = strstr(text, quoted);
    int64_t count = at ? strtoll(at + strlen(quoted), NULL, 10) : FAILED;
    free(text);
    return count;
}

int open_files(void) {
    int count = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count;
}

int store_maps(void) {
    int count = 0;
    char line[1024];
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps) != NULL) {
        count += strstr(line, "/data.mdb") || strstr(line, "/lock.mdb") || strstr(line, "/shared");
    }
    fclose(maps);
    return count;
}

double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}
