/* SPDX-License-Identifier: Apache-2.0 */
/* What a recording says, replayed: every block with its life, its band and the evidence for it; what the program did
 * meanwhile; how much was in use at each moment.  Everything that is shown to people is derived from this.
 *
 * Use: mv_timeline_open, read, mv_timeline_close.  A timeline does not change once it is there.
 * Units: bytes; nanoseconds since the recording's start (not of any clock); MV_TIME_NEVER: not while it was recorded.
 * Threads: any number may read one.  Memory: malloc; about 100 bytes a block.  */
#ifndef ANALYZE_TIMELINE_H
#define ANALYZE_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/diag.h"
#include "memviz/format.h"

#define MV_TIME_NEVER UINT64_MAX

/* In the order in which they are stacked, from the bottom.  */
enum mv_band {
	MV_BAND_PARAMETER = 0,
	MV_BAND_GRADIENT = 1,
	MV_BAND_OPTIMIZER = 2,
	MV_BAND_ACTIVATION = 3,
	MV_BAND_TEMPORARY = 4,
	MV_BAND_OTHER = 5, /* lives on, and nothing says what for */
	MV_BAND_COUNT = 6,
};

/* Why a block is in its band, strongest first.  mv_reason_text says it to people.  */
enum mv_reason {
	MV_REASON_NAMED,	    /* the framework's module tree names it */
	MV_REASON_OWNED,	    /* the optimizer holds it */
	MV_REASON_TAGGED,	    /* the program said so */
	MV_REASON_SAVED,	    /* autograd kept it for backward */
	MV_REASON_SURVIVED_STEP,    /* born in an optimizer step, outlived it */
	MV_REASON_SURVIVED_BACKWARD,/* born in backward, outlived it */
	MV_REASON_DIED_IN_BACKWARD, /* born in forward, freed by backward */
	MV_REASON_HELD_AT_OOM,	    /* born in a forward that has not ended */
	MV_REASON_LIKE_EARLIER,	    /* same stack and size as blocks of earlier steps whose end is known */
	MV_REASON_SHORT,	    /* freed in the phase that it was born in */
	MV_REASON_HELD,		    /* born in forward, and autograd, which is watched, did not keep it: somebody else did */
	MV_REASON_OUTLIVED,	    /* still there after the step, although nothing that lasts holds it */
	MV_REASON_RECOMPUTED,	    /* born in backward while gradients were recorded: a checkpoint's forward, again */
	MV_REASON_MODULE_MADE,	    /* a guess: made while a module was built or moved, and no step has named its owner yet */
	MV_REASON_STATE_SIZED,	    /* a guess: born in an optimizer step that has not ended, in the order of its states */
	MV_REASON_PARAMETER_SIZED,  /* a guess: as large as a parameter, in a backward that has not ended */
	MV_REASON_BEFORE_WINDOW,    /* its birth was not recorded or has been overwritten */
	MV_REASON_OPEN_PHASE,	    /* born in a backward or a step that has not ended */
	MV_REASON_UNKNOWN,	    /* of other memory, and no guess: none was made */
	MV_REASON_OUTSIDE,	    /* not counted in the bands: mv_timeline_is_banded */
	MV_REASON_REUSED,	    /* autograd kept it for the backwards of several steps: data, not a result */
	MV_REASON_COLLECTED,	    /* a guess: made without gradients, and several of the same stack were alive at once */
	MV_REASON_RULED,	    /* a rule of the user's own says so */
	MV_REASON_GATHERED,	    /* made by FSDP for parameters of all ranks */
	MV_REASON_WORKSPACE,	    /* given to cuBLAS to compute with */
	MV_REASON_COPIED,	    /* filled from the host */
	MV_REASON_STATE_LIKE,	    /* a guess: one of a series like the parameters, where no optimizer of the framework's steps */
	MV_REASON_GRAPH,	    /* freed with a node of autograd's graph, which held it in its own way */
	MV_REASON_COUNT,
};

/* A piece of memory from birth to death.  In the block ledger: a tensor's storage; otherwise what the driver gave.  */
struct mv_block {
	uint64_t birth_ns; /* 0: alive when the recording, or what is left of it, begins */
	uint64_t death_ns; /* MV_TIME_NEVER: alive at its end */
	uint64_t address;
	uint64_t size_bytes;
	uint64_t extra;	     /* as in struct mv_event */
	uint32_t stack;	     /* that asked for it; 0: none */
	uint32_t free_stack; /* that freed it; 0: none */
	uint32_t thread;
	uint32_t free_thread;
	uint32_t name; /* text id: "blocks.0.attn.weight"; 0: none */
	uint32_t step; /* optimizer steps completed before its birth */
	uint16_t api;
	uint8_t ledger; /* enum mv_ledger */
	uint8_t device;
	uint8_t phase; /* enum mv_phase at its birth, */
	uint8_t free_phase; /* at its death */
	uint8_t role;  /* enum mv_role: what the framework said */
	uint8_t flags; /* enum mv_event_flag */
	uint8_t band;	/* enum mv_band; block ledger, and device memory where no pool is seen */
	uint8_t reason; /* enum mv_reason */
	bool is_birth_known;
	bool is_handle; /* ADDRESS is none: physical memory that is seen through mappings, arrays */
	bool is_pool; /* device memory: a framework's pool carves its blocks out of it */
	bool is_freed_by_graph; /* while a node of autograd's graph was deleted */
	uint8_t kept_steps; /* for the backwards of how many optimizer steps autograd kept it; at most 255 */
	uint8_t sublabel; /* enum mv_sublabel (analyze/sublabel.h), */
	uint64_t sublabel_ns; /* from when on */
};

/* True if BLOCK was there at TIME_NS: its birth counts, the moment of its death does not.  */
static inline bool mv_block_is_alive_at(const struct mv_block *block, uint64_t time_ns)
{
	return block->birth_ns <= time_ns && block->death_ns > time_ns;
}

/* True if autograd was told to keep BLOCK for backward, itself or through hooks of the program's.  */
static inline bool mv_block_is_kept(const struct mv_block *block)
{
	return block->role == MV_ROLE_SAVED || block->role == MV_ROLE_SAVED_HOOKED;
}

/* A stretch of time in which a thread was in a phase; the steps are the optimizer's.  */
struct mv_span {
	uint64_t begin_ns;
	uint64_t end_ns; /* MV_TIME_NEVER: had not ended */
	uint32_t thread;
	uint32_t name; /* text id */
	uint32_t step;
	uint8_t phase;
	bool is_told; /* an optimizer's step before which the owners of all that it holds were told */
};

/* One of these for each device in use.  */
struct mv_card {
	uint8_t device; /* ordinal in the process */
	uint64_t capacity_bytes; /* 0: not known */
	uint32_t name;		 /* text id */
	bool has_pool;		 /* blocks were reported; bands are made of them */
	uint64_t peak_bytes;	 /* of the banded bytes, */
	uint64_t peak_ns;	 /* first reached */
};

/* What the driver said about a card at a moment.  */
struct mv_card_memory {
	uint64_t time_ns;
	uint64_t free_bytes;
	uint64_t total_bytes;
	uint8_t device;
};

struct mv_timeline;
struct mv_recording;
struct mv_samples;
struct mv_rulebook;

/* Replay the recording at PATH.  -errno with DIAG.  */
int mv_timeline_open(const char *path, struct mv_timeline **timeline, struct mv_diag *diag);

/* The same with a user's own rules of bands; NULL: there are none.  */
int mv_timeline_open_by(const struct mv_rulebook *book, const char *path, struct mv_timeline **timeline, struct mv_diag *diag);
void mv_timeline_close(struct mv_timeline *timeline);

/* The same for a recording that is open already.  It becomes the timeline's, also on failure.  */
int mv_timeline_of(struct mv_recording *recording, struct mv_timeline **timeline, struct mv_diag *diag);

/* Header facts; the horizon and the end on the time axis.  */
const struct mv_file_header *mv_timeline_header(const struct mv_timeline *timeline);
uint64_t mv_timeline_begin(const struct mv_timeline *timeline); /* complete from here on */
uint64_t mv_timeline_end(const struct mv_timeline *timeline);

/* What it was made from: names, stacks, losses (read/table.h).  */
const struct mv_recording *mv_timeline_recording(const struct mv_timeline *timeline);

/* Arrays, owned by the timeline.  Blocks are in the order of their births, spans of their beginnings; deaths are the
 * indexes of the blocks that died, in that order.  */
const struct mv_block *mv_timeline_blocks(const struct mv_timeline *timeline, size_t *count);
const uint32_t *mv_timeline_deaths(const struct mv_timeline *timeline, size_t *count);
const struct mv_span *mv_timeline_spans(const struct mv_timeline *timeline, size_t *count);
const struct mv_card *mv_timeline_cards(const struct mv_timeline *timeline, size_t *count);
/* Out-of-memory errors; their time_ns is on the time axis.  */
const struct mv_oom *mv_timeline_ooms(const struct mv_timeline *timeline, size_t *count);
const struct mv_card_memory *mv_timeline_memory(const struct mv_timeline *timeline, size_t *count);
/* What the recorder's samples said (analyze/samples.h).  */
const struct mv_samples *mv_timeline_samples(const struct mv_timeline *timeline);

/* The card DEVICE, NULL if it was not used.  */
const struct mv_card *mv_timeline_card(const struct mv_timeline *timeline, uint8_t device);

/* True if BLOCK counts in the bands of its card.  */
bool mv_timeline_is_banded(const struct mv_timeline *timeline, const struct mv_block *block);

/* The text with that id, "" if there is none.  */
const char *mv_timeline_text(const struct mv_timeline *timeline, uint32_t id);

/* The name of a call ("cudaMalloc"), "" if there is none.  */
const char *mv_timeline_api(const struct mv_timeline *timeline, uint16_t api);

const char *mv_band_name(enum mv_band band);	   /* "parameter" */
const char *mv_phase_name(enum mv_phase phase);	   /* "backward"; "forward" where it is neither that nor a step */
const char *mv_reason_text(enum mv_reason reason); /* "held by the optimizer" */

/* True if REASON is likeness, size or place rather than a fact about the block itself.  */
bool mv_reason_is_guess(enum mv_reason reason);

#endif
