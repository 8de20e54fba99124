/* SPDX-License-Identifier: Apache-2.0 */
/* spawn COUNT LIBRARY PROGRAM: how long PROGRAM takes from start to end, in milliseconds, the median of COUNT; and how much
 * longer with LIBRARY preloaded.  Both are started in turn, so that what else the machine does happens to both.  */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "bench/measure.h"

enum { COUNT_MAX = 10000, WARM_UP = 20 };

static double start_and_wait(char *program, char *preload)
{
	char *arguments[] = {program, NULL}, *environment[] = {preload, NULL};
	double start = measure_now_ns();
	int status;
	pid_t pid;

	if (posix_spawn(&pid, program, NULL, NULL, arguments, environment) || waitpid(pid, &status, 0) != pid || status) {
		fprintf(stderr, "spawn: %s: did not end well\n", program);
		exit(1);
	}
	return (measure_now_ns() - start) / 1e6;
}

int main(int argc, char **argv)
{
	static double without[COUNT_MAX], with[COUNT_MAX];
	int i, count = argc == 4 ? atoi(argv[1]) : 0;
	char preload[4096];
	double base;

	if (count < 1 || count > COUNT_MAX) {
		fprintf(stderr, "usage: spawn COUNT LIBRARY PROGRAM\n");
		return 2;
	}
	snprintf(preload, sizeof preload, "LD_PRELOAD=%s", argv[2]);
	for (i = -WARM_UP; i < count; i++) {
		without[i < 0 ? 0 : i] = start_and_wait(argv[3], NULL);
		with[i < 0 ? 0 : i] = start_and_wait(argv[3], preload);
	}
	base = measure_median(without, count);
	printf("%.4f\n%.4f\n", base, measure_median(with, count) - base);
	return 0;
}
