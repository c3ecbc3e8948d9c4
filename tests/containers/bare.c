/* Writes to a plain LMDB store, whose locks name their owners by thread ids, until it is killed: bare CONTROL STORE ROLE
   NUMBER. It shows that the supervisor finds what it looks for. Roles: w writes; z looks whether the store can be read. */
#define _GNU_SOURCE
#include "control.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAP_SIZE (64u << 20)
/* A transaction lasts this long at the most. */
#define INSIDE_US 20

static control_t *control;

static void answered(int code, const char *call) {
    if (code != 0) {
        control_fail(control, FAULT_CALL, "%s: %s", call, mdb_strerror(code));
    }
}

static uint64_t get(MDB_txn *txn, MDB_dbi dbi, const char *name) {
    MDB_val key = {strlen(name), (void *)name}, value;
    uint64_t found = 0;
    int code = mdb_get(txn, dbi, &key, &value);
    if (code == MDB_NOTFOUND) {
        return 0;
    }
    answered(code, "mdb_get");
    memcpy(&found, value.mv_data, sizeof found);
    return found;
}

static void put(MDB_txn *txn, MDB_dbi dbi, const char *name, uint64_t number) {
    MDB_val key = {strlen(name), (void *)name}, value = {sizeof number, &number};
    answered(mdb_put(txn, dbi, &key, &value, 0), "mdb_put");
}

/* Adds one to two counters of everybody and to one of its own. */
static void write_for_ever(MDB_env *env, unsigned number) {
    char own[16];
    MDB_txn *txn;
    MDB_dbi dbi;
    unsigned slot = number * WRITER_THREADS;
    uint64_t before = 0, inside = slot + 1;
    snprintf(own, sizeof own, "own%u", slot);
    for (int first = 1;; first = 0) {
        answered(mdb_txn_begin(env, NULL, 0, &txn), "mdb_txn_begin");
        atomic_store(&control->inside, inside);
        answered(mdb_dbi_open(txn, NULL, 0, &dbi), "mdb_dbi_open");
        uint64_t one = get(txn, dbi, "one"), other = get(txn, dbi, "other"), found = get(txn, dbi, own);
        if (one != other) {
            control_fail(control, FAULT_TORN, "%llu and %llu", (unsigned long long)one, (unsigned long long)other);
        }
        if (first) {
            control_begin(control, slot, found);
            atomic_store(&control->workers[number].ready, 1);
        } else if (found != before) {
            control_fail(control, FAULT_LOST, "slot %u holds %llu; %llu was acknowledged just now", slot,
                         (unsigned long long)found, (unsigned long long)before);
        }
        put(txn, dbi, "one", one + 1);
        sleep_us(random_below(INSIDE_US));
        put(txn, dbi, "other", other + 1);
        put(txn, dbi, own, found + 1);
        /* Nobody who is dead can have come in meanwhile. */
        uint64_t there = atomic_load(&control->inside);
        if (there != inside) {
            control_fail(control, FAULT_TWO_WRITERS, "slot %llu came in beside slot %u",
                         (unsigned long long)(there - 1), slot);
        }
        control_intend(control, slot, found + 1);
        answered(mdb_txn_commit(txn), "mdb_txn_commit");
        control_acknowledge(control, slot, found + 1);
        before = found + 1;
    }
}

int main(int count, char **words) {
    MDB_env *env;
    if (count != 5) {
        fprintf(stderr, "usage: bare CONTROL STORE ROLE NUMBER\n");
        return 2;
    }
    control = control_from(words[1]);
    unsigned number = (unsigned)atoi(words[4]);
    if (*words[3] != 'z') {
        atomic_store(&control->workers[number].id, (int32_t)syscall(SYS_gettid));
    }
    mkdir(words[2], 0770);
    answered(mdb_env_create(&env), "mdb_env_create");
    answered(mdb_env_set_mapsize(env, MAP_SIZE), "mdb_env_set_mapsize");
    answered(mdb_env_open(env, words[2], MDB_WRITEMAP | MDB_NOSYNC, 0660), "mdb_env_open");
    if (*words[3] == 'w') {
        write_for_ever(env, number);
    }
    mdb_env_close(env);
    return 0;
}
