/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/timeline.h"

const char *mv_band_name(enum mv_band band)
{
	static const char *const names[MV_BAND_COUNT] = {
		[MV_BAND_PARAMETER] = "parameter",   [MV_BAND_GRADIENT] = "gradient",
		[MV_BAND_OPTIMIZER] = "optimizer",   [MV_BAND_ACTIVATION] = "activation",
		[MV_BAND_TEMPORARY] = "temporary",   [MV_BAND_OTHER] = "other",
	};

	return band < MV_BAND_COUNT ? names[band] : "other";
}

const char *mv_phase_name(enum mv_phase phase)
{
	static const char *const names[MV_PHASE_KINDS] = {
		[MV_PHASE_NONE] = "forward",
		[MV_PHASE_BACKWARD] = "backward",
		[MV_PHASE_OPTIMIZER] = "optimizer",
		[MV_PHASE_USER] = "user",
	};

	return phase < MV_PHASE_KINDS ? names[phase] : "forward";
}

struct saying {
	const char *text;
	bool is_guess;
};

static const struct saying sayings[MV_REASON_COUNT] = {
	[MV_REASON_NAMED] = {"named by the module tree", false},
	[MV_REASON_OWNED] = {"held by the optimizer", false},
	[MV_REASON_TAGGED] = {"the program said so", false},
	[MV_REASON_SAVED] = {"kept by autograd for backward", false},
	[MV_REASON_SURVIVED_STEP] = {"born in an optimizer step, outlived it", false},
	[MV_REASON_SURVIVED_BACKWARD] = {"born in backward, outlived it", false},
	[MV_REASON_DIED_IN_BACKWARD] = {"born in forward, freed by backward", false},
	[MV_REASON_HELD_AT_OOM] = {"born in a forward whose backward had not ended", true},
	[MV_REASON_LIKE_EARLIER] = {"like the same allocation of the step before", true},
	[MV_REASON_SHORT] = {"freed in the phase that it was born in", false},
	[MV_REASON_HELD] = {"held by the program: backward does not need it", false},
	[MV_REASON_OUTLIVED] = {"outlived the step, and nothing that lasts holds it", false},
	[MV_REASON_RECOMPUTED] = {"born in backward by a forward that was run again", false},
	[MV_REASON_MODULE_MADE] = {"a guess: made while a module was built or moved", true},
	[MV_REASON_STATE_SIZED] = {"a guess: made in the order of the optimizer's states", true},
	[MV_REASON_PARAMETER_SIZED] = {"a guess: as large as a parameter, in backward", true},
	[MV_REASON_BEFORE_WINDOW] = {"from before the recording, or what is left of it", false},
	[MV_REASON_OPEN_PHASE] = {"born in a backward or a step that had not ended", true},
	[MV_REASON_UNKNOWN] = {"nothing says what for", false},
	[MV_REASON_OUTSIDE] = {"outside of the framework's pool", false},
	[MV_REASON_REUSED] = {"kept for backward in step after step: the program's data", false},
	[MV_REASON_RULED] = {"a rule of yours", false},
	[MV_REASON_GATHERED] = {"parameters that FSDP has gathered from all ranks", false},
	[MV_REASON_WORKSPACE] = {"cuBLAS computes with it", false},
	[MV_REASON_COPIED] = {"copied from the host", false},
	[MV_REASON_STATE_LIKE] = {"a guess: one of a series as large as the parameters, kept by the program", true},
	[MV_REASON_GRAPH] = {"kept by a node of the graph, freed with it", false},
	[MV_REASON_COLLECTED] = {"a guess: one of several that one line made and that live on together", true},
};

const char *mv_reason_text(enum mv_reason reason)
{
	return sayings[reason < MV_REASON_COUNT ? reason : MV_REASON_UNKNOWN].text;
}

bool mv_reason_is_guess(enum mv_reason reason)
{
	return reason < MV_REASON_COUNT && sayings[reason].is_guess;
}
