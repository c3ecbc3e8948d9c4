/* Timing shared by the C peers: medians, printed as the lines that bench-compare/python/report.py reads. */
#ifndef BENCH_COMPARE_MEASURE_H
#define BENCH_COMPARE_MEASURE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Sorts the samples. */
static inline double median(double *samples, size_t count) {
  qsort(samples, count, sizeof *samples, by_value);
  return samples[count / 2];
}

static inline void print_row(const char *subject, const char *operation, uint64_t bytes, double ns) {
  printf("%s\t%s\t%llu\t%.1f\n", subject, operation, (unsigned long long)bytes, ns);
  fflush(stdout);
}

#endif
