/* Uses a store until it is killed, and notes everything that is not as it must be: worker CONTROL STORE ROLE NUMBER.

   Roles: w puts, lends and publishes in two threads; r looks; k waits for keys; s sweeps and audits; z has the last look,
   when all the others are dead. */
#define _GNU_SOURCE
#include "../attack/content.h"
#include "control.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LONGEST_KEY 24
/* Views that a reader holds at a time, and looks of each. */
#define HELD 3
/* Where a thread's short-lived entries are, and how long they live. */
#define BRIEF 4
#define BRIEF_MS 5
#define WAIT_MS 20000
/* Seconds in which what the dead held must be given back. */
#define CLEARING 20
/* Reader slots that one thread may keep. */
#define OWN_READERS 2

/* How far the store may grow: a reader that gets no time keeps what others free meanwhile. */
#define ROOM (256u << 20)
/* Seconds for which a full store is asked again; less than after which nothing moves. */
#define FULL_PATIENCE 10

static const size_t SIZES[] = {96, 1500, 96, 6000, 96, 1500, 96, 40000};
#define LARGEST 40000
#define KINDS (sizeof SIZES / sizeof *SIZES)

static control_t *control;
static dy_lmdb_store_t *store;
static unsigned number;

static void answered(dy_lmdb_status_t status, const char *call, const char *key) {
    if (status != DY_LMDB_OK) {
        control_fail(control, FAULT_CALL, "%s %s: %s: %s", call, key, dy_lmdb_status_name(status),
                     dy_lmdb_last_error_message());
    }
}

/* Whether to ask a full store once more: whoever reads, also with a stock tool, keeps what others free, and may be without a
   processor for long. */
static int full_for_now(dy_lmdb_status_t status, double began) {
    if (status != DY_LMDB_MAP_FULL || seconds() - began > FULL_PATIENCE) {
        return 0;
    }
    sleep_us(1000);
    return 1;
}

static const char *key_of(char *key, const char *kind, unsigned slot) {
    snprintf(key, LONGEST_KEY, "%s:%u", kind, slot);
    return key;
}

static void open_store(const char *path) {
    dy_lmdb_options_t options;
    dy_lmdb_options_default(&options);
    options.map_size = ROOM;
    options.mode = 02770;
    answered(dy_lmdb_store_open(path, strlen(path), &options, &store), "opening", path);
}

static dy_lmdb_put_options_t living(uint64_t ttl_ms) {
    dy_lmdb_put_options_t options;
    dy_lmdb_put_options_default(&options);
    options.ttl_ms = ttl_ms;
    return options;
}

/* A transaction was acknowledged to a slot, and to no other. */
static void note_transaction(const dy_lmdb_info_t *info, unsigned slot) {
    uint64_t transaction = info->entry_id >> 16;
    if (transaction >= MOST_TRANSACTIONS) {
        return;
    }
    unsigned other = atomic_exchange(&control->transactions[transaction], (uint16_t)(slot + 1));
    if (other != 0) {
        control_fail(control, FAULT_TWO_WRITERS, "transaction %llu was acknowledged to slot %u and to slot %u",
                     (unsigned long long)transaction, other - 1, slot);
    }
}

static void put(const char *key, const void *bytes, size_t size, uint64_t ttl_ms, unsigned slot) {
    dy_lmdb_buffer_t part = {bytes, size};
    dy_lmdb_put_options_t options = living(ttl_ms);
    dy_lmdb_info_t info = {.struct_size = sizeof info};
    double began = seconds();
    dy_lmdb_status_t status;
    do {
        status = dy_lmdb_store_put(store, NULL, 0, key, strlen(key), &part, 1, &options, &info);
    } while (full_for_now(status, began));
    answered(status, "putting", key);
    note_transaction(&info, slot);
}

/* A counter and its twin, in one transaction. */
static void put_pair(const char *key, const char *twin, const void *bytes, size_t size) {
    dy_lmdb_buffer_t part = {bytes, size};
    dy_lmdb_put_options_t options = living(0);
    dy_lmdb_entry_t entries[] = {{key, strlen(key), &part, 1, &options}, {twin, strlen(twin), &part, 1, &options}};
    double began = seconds();
    dy_lmdb_status_t status;
    do {
        status = dy_lmdb_store_put_many(store, NULL, 0, entries, 2);
    } while (full_for_now(status, began));
    answered(status, "putting a batch", key);
}

static void publish(const char *key, size_t size, uint64_t tag, unsigned slot) {
    dy_lmdb_loan_t *loan;
    void *bytes;
    dy_lmdb_put_options_t options = living(0);
    dy_lmdb_info_t info = {.struct_size = sizeof info};
    double began = seconds();
    dy_lmdb_status_t status;
    do {
        status = dy_lmdb_loan_take(store, size, &loan, &bytes);
    } while (full_for_now(status, began));
    answered(status, "lending for", key);
    content_fill(bytes, size, tag);
    answered(dy_lmdb_loan_finish(loan, NULL, 0, key, strlen(key), size, &options, &info), "publishing", key);
    note_transaction(&info, slot);
}

static void delete_entry(const char *key) {
    answered(dy_lmdb_store_delete(store, NULL, 0, key, strlen(key), NULL), "deleting", key);
}

/* The tag of what is under a key; 0: nothing is. */
static uint64_t tag_of(const char *key) {
    int64_t tag = store_tag(store, key);
    if (tag == FAILED) {
        answered(DY_LMDB_INTERNAL, "looking at", key);
    }
    if (tag == WRONG) {
        control_fail(control, FAULT_WRONG_BYTES, "%s does not hold what was put there", key);
    }
    return tag == ABSENT ? 0 : (uint64_t)tag;
}

static void *write_for_ever(void *argument) {
    unsigned slot = *(unsigned *)argument;
    static _Thread_local char own[LONGEST_KEY], twin[LONGEST_KEY], lent[LONGEST_KEY], brief[LONGEST_KEY],
        bell[LONGEST_KEY];
    char *bytes = malloc(LARGEST);
    key_of(own, "own", slot);
    key_of(twin, "twin", slot);
    key_of(lent, "lent", slot);
    key_of(bell, "bell", number);
    uint64_t tag = tag_of(own), other = tag_of(twin);
    if (tag != other) {
        control_fail(control, FAULT_TORN, "%s holds %llu, %s %llu", own, (unsigned long long)tag, twin,
                     (unsigned long long)other);
    }
    control_begin(control, slot, tag);
    atomic_store(&control->workers[number].ready, 1);
    for (;;) {
        size_t size = SIZES[++tag % KINDS];
        content_fill(bytes, size, tag);
        control_intend(control, slot, tag);
        put_pair(own, twin, bytes, size);
        control_acknowledge(control, slot, tag);
        if (tag % 2 == 0) {
            publish(lent, SIZES[random_below(KINDS)], tag, slot);
        } else if (tag % 5 == 0) {
            delete_entry(lent);
        }
        snprintf(brief, sizeof brief, "brief:%u:%u", slot, random_below(BRIEF));
        put(brief, bytes, 96, BRIEF_MS, slot);
        put(bell, bytes, 96, 0, slot);
        uint64_t found = tag_of(own);
        if (found != tag) {
            control_fail(control, FAULT_LOST, "%s holds %llu; %llu was acknowledged just now", own,
                         (unsigned long long)found, (unsigned long long)tag);
        }
    }
    return NULL;
}

static void write_in_two_threads(void) {
    static unsigned slots[WRITER_THREADS];
    pthread_t second;
    for (unsigned i = 0; i < WRITER_THREADS; i++) {
        slots[i] = number * WRITER_THREADS + i;
    }
    if (pthread_create(&second, NULL, write_for_ever, &slots[1]) != 0) {
        control_fail(control, FAULT_SET_UP, "no second thread");
    }
    write_for_ever(&slots[0]);
}

/* A slot of some writer that has written. */
static unsigned some_slot(void) {
    unsigned slot;
    while (atomic_load(&control->slots[slot = random_below(MOST_SLOTS)].committed) == 0) {
        sleep_us(50);
    }
    return slot;
}

/* A view, and the tag it must have as long as it is open. */
typedef struct held_t {
    dy_lmdb_view_t *view;
    int64_t tag;
} held_t;

static int64_t tag_in(const dy_lmdb_view_t *view) {
    const void *bytes;
    size_t size;
    answered(dy_lmdb_view_data(view, &bytes, &size), "looking at", "a view");
    return content_tag(bytes, size);
}

/* Opens a view whose tag is at least what was acknowledged before, and no more than what was begun. */
static void look(held_t *held, const char *kind, unsigned slot, bool must_be) {
    char key[LONGEST_KEY];
    uint64_t least = atomic_load(&control->slots[slot].committed);
    key_of(key, kind, slot);
    dy_lmdb_status_t status = dy_lmdb_view_open(store, NULL, 0, key, strlen(key), 0, &held->view, NULL);
    if (status == DY_LMDB_NOT_FOUND && !must_be) {
        held->view = NULL;
        return;
    }
    answered(status, "looking at", key);
    held->tag = tag_in(held->view);
    uint64_t most = atomic_load(&control->slots[slot].intent);
    if (held->tag == WRONG) {
        control_fail(control, FAULT_WRONG_BYTES, "%s does not hold what was put there", key);
    }
    if ((must_be && (uint64_t)held->tag < least) || (uint64_t)held->tag > most) {
        control_fail(control, FAULT_LOST, "%s holds %lld; %llu was acknowledged before, %llu begun since", key,
                     (long long)held->tag, (unsigned long long)least, (unsigned long long)most);
    }
    atomic_fetch_add(&control->looks, 1);
}

static void read_for_ever(void) {
    static const char *const kinds[] = {"own", "twin", "lent"};
    held_t held[HELD] = {{NULL, 0}};
    for (unsigned at = 0;; at = (at + 1) % HELD) {
        held_t *old = &held[at];
        if (old->view != NULL) {
            if (tag_in(old->view) != old->tag) {
                control_fail(control, FAULT_WRONG_BYTES, "a view of tag %lld changed", (long long)old->tag);
            }
            answered(dy_lmdb_view_close(old->view), "closing", "a view");
        }
        unsigned kind = random_below(3);
        look(old, kinds[kind], some_slot(), kind < 2);
        sleep_us(random_below(2000));
    }
}

/* Waits until some writer rings, which all do as long as they live. */
static void wait_for_ever(void) {
    char bell[LONGEST_KEY];
    for (;;) {
        key_of(bell, "bell", some_slot() / WRITER_THREADS);
        dy_lmdb_status_t status = dy_lmdb_store_wait(store, NULL, 0, bell, strlen(bell), WAIT_MS);
        if (status == DY_LMDB_TIMEOUT) {
            control_fail(control, FAULT_STUCK, "%s did not come in %d ms", bell, WAIT_MS);
        }
        answered(status, "waiting for", bell);
        delete_entry(bell);
        atomic_fetch_add(&control->wakes, 1);
    }
}

/* What an audit says, to be freed. */
static char *audit(void) {
    dy_lmdb_bytes_t *block;
    answered(dy_lmdb_store_sweep(store, NULL), "sweeping", "the store");
    answered(dy_lmdb_store_audit(store, &block), "auditing", "the store");
    char *text = strndup((const char *)dy_lmdb_bytes_data(block), dy_lmdb_bytes_size(block));
    dy_lmdb_bytes_free(block);
    if (strstr(text, "\"faults\":[]") == NULL) {
        control_fail(control, FAULT_AUDIT, "%s", text);
    }
    return text;
}

static void sweep_for_ever(void) {
    for (;;) {
        free(audit());
        atomic_fetch_add(&control->audits, 1);
        sleep_us(random_below(200000));
    }
}

/* The number after a name in JSON. */
static long count_in(const char *text, const char *name) {
    const char *at = strstr(text, name);
    if (at == NULL) {
        control_fail(control, FAULT_CALL, "no %s in %s", name, text);
    }
    return strtol(at + strlen(name), NULL, 10);
}

/* Rows of the reader table that somebody has. */
static unsigned readers(void) {
    dy_lmdb_bytes_t *block;
    unsigned rows = 0;
    answered(dy_lmdb_store_stats(store, &block), "asking for", "statistics");
    char *text = strndup((const char *)dy_lmdb_bytes_data(block), dy_lmdb_bytes_size(block));
    dy_lmdb_bytes_free(block);
    for (const char *at = text; (at = strstr(at, "\"snapshot\":")) != NULL; at++) {
        rows++;
    }
    free(text);
    return rows;
}

static size_t left_of(const char *prefix) {
    dy_lmdb_keys_t *keys;
    answered(dy_lmdb_store_list(store, NULL, 0, prefix, strlen(prefix), &keys), "listing", prefix);
    size_t found = dy_lmdb_keys_count(keys);
    dy_lmdb_keys_free(keys);
    return found;
}

static void last_look(void) {
    char own[LONGEST_KEY], twin[LONGEST_KEY];
    double until = seconds() + CLEARING;
    for (;; sleep_us(20000)) {
        char *text = audit();
        if (count_in(text, "\"loans\":") == 0 && count_in(text, "\"pins\":") == 0 &&
            count_in(text, "\"reading\":") == 0 && readers() <= OWN_READERS && left_of("brief:") == 0) {
            free(text);
            break;
        }
        if (seconds() > until) {
            control_fail(control, FAULT_LEFT_BEHIND, "%u reader slots, %zu expired entries, %s", readers(),
                         left_of("brief:"), text);
        }
        free(text);
    }
    for (unsigned slot = 0; slot < MOST_SLOTS; slot++) {
        uint64_t found = tag_of(key_of(own, "own", slot)), other = tag_of(key_of(twin, "twin", slot));
        control_begin(control, slot, found);
        if (found != other) {
            control_fail(control, FAULT_TORN, "%s holds %llu, %s %llu", own, (unsigned long long)found, twin,
                         (unsigned long long)other);
        }
    }
    answered(dy_lmdb_store_close(store), "closing", "the store");
}

int main(int count, char **words) {
    if (count != 5) {
        fprintf(stderr, "usage: worker CONTROL STORE ROLE NUMBER\n");
        return 2;
    }
    control = control_from(words[1]);
    number = (unsigned)atoi(words[4]);
    if (*words[3] != 'z') {
        atomic_store(&control->workers[number].id, (int32_t)syscall(SYS_gettid));
    }
    open_store(words[2]);
    if (*words[3] != 'w' && *words[3] != 'z') {
        atomic_store(&control->workers[number].ready, 1);
    }
    switch (*words[3]) {
        case 'w': write_in_two_threads(); break;
        case 'r': read_for_ever(); break;
        case 'k': wait_for_ever(); break;
        case 's': sweep_for_ever(); break;
        case 'z': last_look(); return 0;
    }
    return 2;
}
