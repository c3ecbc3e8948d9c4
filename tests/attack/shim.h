/* What the preloaded library offers to the program beside it, which finds it with dlsym. */
#ifndef SHIM_H
#define SHIM_H

/* Ends the process at the `at`-th call from now; or, with an errno, has that call fail. `memory`: copying counts. */
void shim_arm(long at, int error, int memory);
/* Counts no more; answers how many calls there were. */
long shim_disarm(void);
/* The name of the call that was reached; empty: none. */
const char *shim_reached(void);

#endif
