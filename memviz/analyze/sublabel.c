/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/sublabel.h"

struct wording {
	const char *name, *text;
};

static const struct wording wordings[MV_SUBLABEL_COUNT] = {
	[MV_SUBLABEL_NONE] = {"", ""},
	[MV_SUBLABEL_IN_FLIGHT] = {"backward_in_flight", "backward in flight"},
	[MV_SUBLABEL_RECOMPUTED] = {"recomputed", "recomputed in backward"},
	[MV_SUBLABEL_HELD] = {"held", "held by your code, backward does not need it"},
	[MV_SUBLABEL_RELEASED] = {"held_after_release", "still held after its backward"},
	[MV_SUBLABEL_VAIN] = {"kept_in_vain", "kept for a backward that never came"},
	[MV_SUBLABEL_WAITING] = {"waiting", "waiting for a backward, more than any step had"},
	[MV_SUBLABEL_GROWING] = {"growing", "kept by your code, more with every step"},
	[MV_SUBLABEL_SHAPED] = {"parameter_shaped", "stays for good, shaped like the parameters"},
};

static const struct wording *find(enum mv_sublabel label)
{
	return &wordings[label < MV_SUBLABEL_COUNT ? label : MV_SUBLABEL_NONE];
}

const char *mv_sublabel_name(enum mv_sublabel label)
{
	return find(label)->name;
}

const char *mv_sublabel_text(enum mv_sublabel label)
{
	return find(label)->text;
}
