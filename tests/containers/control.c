#define _GNU_SOURCE
#include "control.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static control_t *map(int fd) {
    void *mapped = mmap(NULL, sizeof(control_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) {
        perror("mapping the control memory");
        exit(2);
    }
    return mapped;
}

control_t *control_make(int *fd) {
    *fd = memfd_create("control", 0);
    if (*fd < 0 || ftruncate(*fd, sizeof(control_t)) != 0) {
        perror("making the control memory");
        exit(2);
    }
    return map(*fd);
}

control_t *control_from(const char *fd) { return map(atoi(fd)); }

static void note(control_t *control, fault_t fault, const char *format, va_list arguments) {
    uint32_t none = FAULT_NONE;
    if (atomic_compare_exchange_strong(&control->fault, &none, fault)) {
        vsnprintf(control->text, sizeof control->text, format, arguments);
        atomic_store(&control->told, 1);
    }
    atomic_store(&control->stop, 1);
}

void control_note(control_t *control, fault_t fault, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    note(control, fault, format, arguments);
    va_end(arguments);
}

void control_fail(control_t *control, fault_t fault, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    note(control, fault, format, arguments);
    va_end(arguments);
    _exit(3);
}

const char *fault_name(fault_t fault) {
    static const char *const names[] = {
        [FAULT_NONE] = "none",
        [FAULT_TWO_WRITERS] = "two writers at once",
        [FAULT_LOST] = "lost or doubled",
        [FAULT_TORN] = "torn",
        [FAULT_WRONG_BYTES] = "wrong bytes",
        [FAULT_CALL] = "a call failed",
        [FAULT_AUDIT] = "audit",
        [FAULT_LEFT_BEHIND] = "left behind by the dead",
        [FAULT_CRASH] = "crash",
        [FAULT_STUCK] = "stuck",
        [FAULT_SET_UP] = "set-up",
    };
    return names[fault];
}

void control_begin(control_t *control, unsigned slot, uint64_t found) {
    slot_t *own = &control->slots[slot];
    uint64_t committed = atomic_load(&own->committed), intent = atomic_load(&own->intent);
    if (found != committed && found != intent) {
        control_fail(control, FAULT_LOST, "slot %u holds %llu; %llu was acknowledged, %llu begun", slot,
                     (unsigned long long)found, (unsigned long long)committed, (unsigned long long)intent);
    }
    atomic_store(&own->committed, found);
}

void control_intend(control_t *control, unsigned slot, uint64_t value) {
    atomic_store(&control->slots[slot].intent, value);
}

void control_acknowledge(control_t *control, unsigned slot, uint64_t value) {
    atomic_store(&control->slots[slot].committed, value);
    atomic_fetch_add(&control->commits, 1);
}

uint32_t random_below(uint32_t bound) {
    static _Thread_local uint64_t state;
    if (state == 0) {
        struct timespec time;
        clock_gettime(CLOCK_MONOTONIC, &time);
        state = ((uint64_t)time.tv_nsec << 32 ^ (uint64_t)(uintptr_t)&state ^ (uint64_t)time.tv_sec) | 1;
    }
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32) % bound;
}

void sleep_us(uint32_t us) {
    struct timespec time = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&time, NULL);
}

double seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}
