/* What a supervisor and its workers share, in memory that outlives every worker: what each has acknowledged, what was
   counted, and the first fault that anybody found. */
#ifndef CONTROL_H
#define CONTROL_H

#include <stdatomic.h>
#include <stdint.h>

#define MOST_WORKERS 32
/* Threads of a writer, each with a slot of its own. */
#define WRITER_THREADS 2
#define MOST_SLOTS (MOST_WORKERS * WRITER_THREADS)
/* Transactions of which it is noted whose they were. */
#define MOST_TRANSACTIONS (1u << 22)

typedef enum fault_t {
    FAULT_NONE,
    FAULT_TWO_WRITERS,
    FAULT_LOST,
    FAULT_TORN,
    FAULT_WRONG_BYTES,
    FAULT_CALL,
    FAULT_AUDIT,
    FAULT_LEFT_BEHIND,
    FAULT_CRASH,
    FAULT_STUCK,
    FAULT_SET_UP,
} fault_t;

/* A writing thread's counter: what it is about to commit, and what was acknowledged. */
typedef struct slot_t {
    _Alignas(64) _Atomic uint64_t intent;
    _Atomic uint64_t committed;
} slot_t;

typedef struct worker_t {
    /* Its thread id as its own namespace knows it. */
    _Atomic int32_t id;
    /* It has opened the store. */
    _Atomic uint32_t ready;
} worker_t;

typedef struct control_t {
    _Atomic uint32_t stop;
    _Atomic uint32_t fault, told;
    char text[600];
    _Atomic uint64_t kills, writer_kills, commits, looks, wakes, audits;
    /* The slot that writes, for a store that has no lock of its own to be trusted. */
    _Atomic uint64_t inside;
    worker_t workers[MOST_WORKERS];
    slot_t slots[MOST_SLOTS];
    /* One more than the slot to which a transaction was acknowledged. */
    _Atomic uint16_t transactions[MOST_TRANSACTIONS];
} control_t;

/* Memory that is inherited through exec, as a descriptor; and the same in a worker. Ends the program when it cannot. */
control_t *control_make(int *fd);
control_t *control_from(const char *fd);

/* Notes the first fault and has everything stop; of a worker, ends it. */
void control_note(control_t *control, fault_t fault, const char *format, ...) __attribute__((format(printf, 3, 4)));
_Noreturn void control_fail(control_t *control, fault_t fault, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const char *fault_name(fault_t fault);

/* A thread begins with what it has: not less than was acknowledged, not more than it had begun. */
void control_begin(control_t *control, unsigned slot, uint64_t found);
/* A thread says what it is about to commit, and that it was acknowledged. */
void control_intend(control_t *control, unsigned slot, uint64_t value);
void control_acknowledge(control_t *control, unsigned slot, uint64_t value);

/* Random numbers of the calling thread; the first call takes the seed from the clock and the thread. */
uint32_t random_below(uint32_t bound);
void sleep_us(uint32_t us);
/* Seconds of a clock that only goes forward. */
double seconds(void);

#endif
