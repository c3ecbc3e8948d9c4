/* The floor for waking another process: a futex in shared memory, and nothing else.
 *
 * Two processes hand a number back and forth; what is printed is the median of half a round trip, the time from one
 * process's store to the other one's going on. Subject, operation, bytes (0), nanoseconds, tab-separated.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

#define ROUNDS 1000
#define WARM_UP 200

typedef struct {
  _Atomic uint32_t ping;
  char apart[60]; /* a cache line each */
  _Atomic uint32_t pong;
} words_t;

static void set(_Atomic uint32_t *word, uint32_t value) {
  atomic_store(word, value);
  syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void await(_Atomic uint32_t *word, uint32_t value) {
  uint32_t seen;
  while ((seen = atomic_load(word)) != value) syscall(SYS_futex, word, FUTEX_WAIT, seen, NULL, NULL, 0);
}

int main(void) {
  words_t *words = mmap(NULL, sizeof *words, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (words == MAP_FAILED) {
    perror("futex_peer: mmap");
    return 1;
  }
  pid_t child = fork();
  if (child < 0) {
    perror("futex_peer: fork");
    return 1;
  }
  if (child == 0) {
    for (uint32_t i = 1; i <= WARM_UP + ROUNDS; i++) {
      await(&words->ping, i);
      set(&words->pong, i);
    }
    _exit(0);
  }
  static double samples[ROUNDS];
  for (uint32_t i = 1; i <= WARM_UP + ROUNDS; i++) {
    uint64_t start = now_ns();
    set(&words->ping, i);
    await(&words->pong, i);
    if (i > WARM_UP) samples[i - WARM_UP - 1] = (double)(now_ns() - start) / 2;
  }
  waitpid(child, NULL, 0);
  print_row("bare futex", "wakeup", 0, median(samples, ROUNDS));
  return 0;
}
