/* The process that is attacked. */
#ifndef VICTIM_H
#define VICTIM_H

/* Where it reports. */
#define REPORT_FD 3

typedef enum outcome_t {
    /* It was killed. */
    NOTHING_SAID,
    /* The step did what it does, although a call failed, or none did. */
    UNNOTICED,
    /* It answered an error; the same again did what it does. */
    RETRIED,
    /* So it did once the store was opened again, as the error had said. */
    REOPENED,
    /* It did something that it never should; it printed what. */
    FAULT,
    HANGS,
    CRASHES
} outcome_t;

typedef struct report_t {
    outcome_t outcome;
    long calls;
    char reached[32];
} report_t;

const char *outcome_name(outcome_t outcome);
/* Path, number of the step, durability and whether copies count, call, errno, tag. */
int victim(char **words);

#endif
