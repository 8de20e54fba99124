/* SPDX-License-Identifier: Apache-2.0 */
/* The demo trainer: teaches a network to tell spirals apart, with a batch that grows until the card is full.  */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "demo/trainer.h"

enum { EXIT_OUT_OF_MEMORY = 1, EXIT_FAILED = 1, EXIT_USAGE = 2 };
enum { WIDTH = 512, DEPTH = 8, STEPS_PER_BATCH = 3, STEPS_PER_LINE = 5 };
enum { STEPS_MAX = 1000000, BATCH_MAX = 1 << 20 };

static const float RATE = 5e-4f;
static const double MIB = 1 << 20;

static const char usage[] =
	"usage: train [options]\n"
	"\n"
	"Train a network on the first GPU, with a batch that grows until it no longer fits.\n"
	"The GPU must be a simulated one whose memory is the host's: GPUSIM_BACKING=host.\n"
	"\n"
	"  -s, --steps=N      end after so many steps, if memory lasts (200)\n"
	"  -b, --batch=N      samples in a batch at first (32)\n"
	"  -g, --grow=FACTOR  what the batch is multiplied by every 3 steps, 1 to 4 (1.25)\n"
	"  -r, --seed=N       for data and parameters (1)\n"
	"  -h, --help         this text\n"
	"\n"
	"Exit status: 0 all steps were done, 1 memory ran out or the GPU failed, 2 usage.\n";

struct options {
	unsigned long steps, batch, seed;
	double grow;
	bool wants_help;
};

struct progress {
	unsigned long steps;		/* done */
	double batch;			/* with the fraction that growing needs */
	struct trainer_outcome first, last;
	struct timespec start;
};

/* ---- options ---- */

static bool parse_count(const char *text, unsigned long least, unsigned long most, unsigned long *value)
{
	char *end;

	errno = 0;
	*value = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *value >= least && *value <= most;
}

static bool parse_factor(const char *text, double *value)
{
	char *end;

	*value = strtod(text, &end);
	return end != text && !*end && *value >= 1 && *value <= 4;
}

static bool parse_option(int letter, const char *text, struct options *options)
{
	switch (letter) {
	case 's':
		return parse_count(text, 1, STEPS_MAX, &options->steps);
	case 'b':
		return parse_count(text, 1, BATCH_MAX, &options->batch);
	case 'g':
		return parse_factor(text, &options->grow);
	case 'r':
		return parse_count(text, 0, ~0UL, &options->seed);
	case 'h':
		options->wants_help = true;
		return true;
	default:
		return false;
	}
}

/* False: usage; a line has been printed.  */
static bool parse_options(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {
		{"steps", required_argument, NULL, 's'}, {"batch", required_argument, NULL, 'b'},
		{"grow", required_argument, NULL, 'g'},	 {"seed", required_argument, NULL, 'r'},
		{"help", no_argument, NULL, 'h'},	 {0},
	};
	int letter;

	*options = (struct options){.steps = 200, .batch = 32, .seed = 1, .grow = 1.25};
	while ((letter = getopt_long(argc, argv, "s:b:g:r:h", names, NULL)) >= 0) {
		if (parse_option(letter, optarg, options))
			continue;
		if (letter != '?')
			fprintf(stderr, "train: -%c cannot be %s\n", letter, optarg);
		return false;
	}
	if (optind < argc)
		fprintf(stderr, "train: %s: not an option\n", argv[optind]);
	return optind == argc;
}

/* ---- what is printed ---- */

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) * 1e-9;
}

static void print_start(const struct trainer *trainer)
{
	size_t free_bytes, total_bytes;

	card_capacity(&free_bytes, &total_bytes);
	printf("%s, %.0f MiB; %zu parameters, %.1f MiB\n", trainer->card.name, (double)total_bytes / MIB,
	       net_size(&trainer->net), (double)trainer->pool.allocated_bytes / MIB);
}

static void print_step(const struct trainer *trainer, const struct progress *progress)
{
	printf("step %3lu  batch %5zu  loss %.3f  accuracy %5.1f %%  peak %5.1f MiB  reserved %5.1f MiB\n",
	       progress->steps, (size_t)progress->batch, progress->last.loss, 100 * progress->last.accuracy,
	       (double)progress->last.peak_bytes / MIB, (double)trainer->pool.reserved_bytes / MIB);
}

static void print_end(const struct trainer *trainer, const struct progress *progress)
{
	const struct pool *pool = &trainer->pool;

	printf("%lu steps in %.1f s: loss from %.3f to %.3f, accuracy from %.1f %% to %.1f %%\n", progress->steps,
	       seconds_since(&progress->start), progress->first.loss, progress->last.loss,
	       100 * progress->first.accuracy, 100 * progress->last.accuracy);
	printf("%lu blocks out of %lu segments, of which %lu were given back; at most %.1f MiB reserved\n",
	       pool->block_allocs, pool->segment_allocs, pool->segment_frees, (double)pool->peak_reserved_bytes / MIB);
}

static void print_out_of_memory(const struct trainer *trainer, const struct progress *progress)
{
	const struct pool_failure *failure = &trainer->pool.failure;

	fprintf(stderr,
		"train: out of memory: a block of %.2f MiB was wanted, with a batch of %zu. Card %d (%s) has %.2f MiB, "
		"of which %.2f MiB are free. The pool has %.2f MiB of the card: %.2f MiB are in use, %.2f MiB are "
		"free, but in pieces that are too small.\n",
		(double)failure->wanted / MIB, (size_t)progress->batch, trainer->card.device, trainer->card.name,
		(double)failure->card_total / MIB, (double)failure->card_free / MIB, (double)failure->reserved / MIB,
		(double)failure->allocated / MIB, (double)(failure->reserved - failure->allocated) / MIB);
}

static void print_failure(const struct trainer *trainer, int err)
{
	if (err == -EOPNOTSUPP)
		fprintf(stderr,
			"train: the host cannot reach the memory of card %d (%s); "
			"this needs a simulated GPU with GPUSIM_BACKING=host\n",
			trainer->card.device, trainer->card.name);
	else if (err == -ENOMEM)
		fprintf(stderr, "train: the host has no memory\n");
	else
		fprintf(stderr, "train: card %d: %s\n", trainer->card.device, card_error(&trainer->card));
}

/* ---- training ---- */

/* One step, printed from time to time.  */
static int train_step(struct trainer *trainer, const struct options *options, struct progress *progress)
{
	int err = trainer_step(trainer, (size_t)progress->batch, &progress->last);

	if (err)
		return err;
	if (!progress->steps++)
		progress->first = progress->last;
	if (progress->steps % STEPS_PER_LINE == 1 || progress->steps == options->steps)
		print_step(trainer, progress);
	if (progress->steps % STEPS_PER_BATCH == 0 && progress->batch * options->grow <= BATCH_MAX)
		progress->batch *= options->grow;
	return 0;
}

static int train(struct trainer *trainer, const struct options *options, struct progress *progress)
{
	int err = 0;

	print_start(trainer);
	while (!err && progress->steps < options->steps)
		err = train_step(trainer, options, progress);
	return err;
}

static int finish(const struct trainer *trainer, const struct progress *progress, int err)
{
	if (trainer->pool.failure.wanted)
		print_out_of_memory(trainer, progress);
	else if (err)
		print_failure(trainer, err);
	if (progress->steps)
		print_end(trainer, progress);
	if (trainer->pool.failure.wanted)
		return EXIT_OUT_OF_MEMORY;
	return err ? EXIT_FAILED : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct trainer_plan plan = {.width = WIDTH, .depth = DEPTH, .rate = RATE};
	struct progress progress = {0};
	struct options options;
	struct trainer trainer;
	int err, status;

	if (!parse_options(argc, argv, &options)) {
		fprintf(stderr, "try train --help\n");
		return EXIT_USAGE;
	}
	if (options.wants_help)
		return fputs(usage, stdout) < 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	clock_gettime(CLOCK_MONOTONIC, &progress.start);
	progress.batch = (double)options.batch;
	plan.seed = options.seed;
	err = trainer_open(&trainer, &plan);
	if (!err)
		err = train(&trainer, &options, &progress);
	status = finish(&trainer, &progress, err);
	trainer_close(&trainer);
	return status;
}
