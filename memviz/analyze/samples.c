/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/samples.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "read/array.h"

/* The sample that EVENT belongs to: the last one, or a new one, or NULL.  */
static struct mv_sample *sample_of(struct mv_samples *samples, const struct mv_event *event, uint64_t time_ns)
{
	struct mv_sample *last = samples->sample_count ? &samples->samples[samples->sample_count - 1] : NULL;

	if (last && last->number == event->address && last->device == event->device)
		return last;
	if (mv_array_grow(&samples->samples, &samples->sample_room, samples->sample_count, sizeof *last))
		return NULL;
	last = &samples->samples[samples->sample_count++];
	*last = (struct mv_sample){.time_ns = time_ns, .number = event->address, .device = event->device};
	return last;
}

/* Terms of newer recorders are left out.  */
int mv_samples_add_usage(struct mv_samples *samples, const struct mv_event *event, uint64_t time_ns)
{
	struct mv_sample *sample;

	if (event->extra <= MV_TERM_NONE || event->extra >= MV_TERM_KINDS)
		return 0;
	sample = sample_of(samples, event, time_ns);
	if (!sample)
		return -ENOMEM;
	sample->known |= 1u << event->extra;
	sample->bytes[event->extra] = event->size_bytes;
	return 0;
}

int mv_samples_add_call(struct mv_samples *samples, const struct mv_event *event, uint64_t time_ns)
{
	struct mv_card_call call = {
		.time_ns = time_ns,
		.object = event->address,
		.size_bytes = event->size_bytes,
		.extra = event->extra,
		.api = event->api,
		.device = event->device,
		.change = event->role,
	};

	if (mv_array_grow(&samples->calls, &samples->call_room, samples->call_count, sizeof call))
		return -ENOMEM;
	samples->calls[samples->call_count++] = call;
	return 0;
}

int mv_samples_add_aside(struct mv_samples *samples, const struct mv_event *event, uint64_t time_ns)
{
	struct mv_aside aside = {
		.time_ns = time_ns,
		.address = event->address,
		.size_bytes = event->size_bytes,
		.device = event->device,
		.flags = event->flags & (MV_FLAG_CAPTURED | MV_FLAG_IMPORTED),
		.is_end = event->kind == MV_EVENT_FREE,
	};

	if (!(event->flags & MV_FLAG_CAPTURED) && (event->size_bytes || !(event->flags & MV_FLAG_IMPORTED)))
		return 0;
	if (mv_array_grow(&samples->asides, &samples->aside_room, samples->aside_count, sizeof aside))
		return -ENOMEM;
	samples->asides[samples->aside_count++] = aside;
	return 0;
}

void mv_samples_release(struct mv_samples *samples)
{
	free(samples->samples);
	free(samples->calls);
	free(samples->asides);
	memset(samples, 0, sizeof *samples);
}
