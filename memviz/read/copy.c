/* SPDX-License-Identifier: Apache-2.0 */
#include "read/copy.h"

#include <errno.h>

#include "base/sys.h"
#include "format/image.h"
#include "read/recording.h"

enum { ATTEMPTS = 5 };

static int copy_once(const void *image, const struct mv_copy_label *label, struct mv_copy *copy)
{
	uint64_t size = mv_image_compact_bytes(image);
	int err = mv_sys_map(size, &copy->bytes);

	if (err)
		return err;
	copy->mapped_bytes = size;
	copy->size_bytes = mv_image_compact(image, copy->bytes, size, label->state, label->reason, label->end_ns);
	return copy->size_bytes ? 0 : -EAGAIN;
}

/* 0: nothing is wrong with the copy; 1: events are missing in it, which may be the recording's own loss.  */
static int look_over(const struct mv_copy *copy, struct mv_diag *diag)
{
	struct mv_recording *recording;
	int err = mv_recording_open_image(copy->bytes, copy->size_bytes, &recording, diag);

	if (err)
		return err;
	err = mv_recording_missing(recording) ? 1 : 0;
	mv_recording_close(recording);
	return err;
}

int mv_copy_take(const void *image, const struct mv_copy_label *label, struct mv_copy *copy, struct mv_diag *diag)
{
	int i, err = 0;

	*copy = (struct mv_copy){0};
	for (i = 0; i < ATTEMPTS; i++) {
		mv_copy_release(copy);
		err = copy_once(image, label, copy);
		if (err == -ENOMEM)
			break;
		if (!err)
			err = look_over(copy, diag);
		if (!err)
			return 0;
	}
	if (err > 0)
		return 0;
	mv_copy_release(copy);
	return err == -EINVAL ? err : mv_diag_set(diag, err, 0, "out of memory while the recording was copied");
}

void mv_copy_release(struct mv_copy *copy)
{
	if (copy->bytes)
		mv_sys_unmap(copy->bytes, copy->mapped_bytes);
	*copy = (struct mv_copy){0};
}
