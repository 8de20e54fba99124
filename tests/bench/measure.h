/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs that measure have in common.  */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdlib.h>
#include <time.h>

/* Nanoseconds of a clock that only goes forward.  */
static inline double measure_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static inline int measure_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median of COUNT values, at least one, which are put in order.  */
static inline double measure_median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof *values, measure_order);
	return values[count / 2];
}

#endif
