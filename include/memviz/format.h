/* SPDX-License-Identifier: Apache-2.0 */
/* The recording: one file for each process that used CUDA.
 *
 * A file is written by a process that may die at any instruction, and read by programs that trust nothing in it.  It
 * begins with struct mv_file_header, which says where everything else lies; a reader needs nothing but the file.
 *
 *	header	who recorded, where the regions are, counters, losses, out-of-memory errors
 *	text	strings: append-only
 *	notes	facts about the run as pairs of strings ("torch" = "2.15.0"): append-only
 *	apis	names of the calls that events refer to: append-only
 *	threads	the threads that events refer to: append-only
 *	modules	loaded objects that frames refer to: append-only
 *	frames	places in a program: append-only
 *	stacks	stacks, as a tree of frames: append-only
 *	live	everything that is allocated at this moment
 *	open	the newest events of each slot, not yet compressed
 *	ring	older events, in compressed chunks; the oldest are overwritten
 *	names	(1.1) what the functions of native frames are called, put there by memviz pack
 *
 * Growth is published after the bytes are there: a region's USED is stored, with release order, behind what it
 * covers; so is the count of an open slot, the state of a live record and the head of the ring.  A process that is
 * killed leaves at most one event half written, and that one is not covered by any count.
 *
 * Order: times are unique within a process, so the order of times is the order of events.
 * Space is set aside when the file is made.  What does not fit is counted in LOSSES.
 * Versions: a reader refuses a newer MAJOR and reads a newer MINOR.  Fields are added where bytes are spare, never
 * changed; spare bytes are zero.  A region counts only in files of the MINOR that brought it, or a newer one: who copies a
 * file without knowing of it leaves the rest as it was, and writes an older MINOR.
 * Units: bytes; nanoseconds of CLOCK_MONOTONIC unless a name says otherwise.  */
#ifndef MEMVIZ_FORMAT_H
#define MEMVIZ_FORMAT_H

#include <stdint.h>

enum {
	MV_FORMAT_MAJOR = 1,
	MV_FORMAT_MINOR = 1,
	MV_FORMAT_BYTE_ORDER = 0x01020304, /* as the writer stores it */
	MV_FORMAT_DEVICES = 16,
	MV_FORMAT_OOMS = 16,
	MV_FORMAT_REGIONS = 16,
	MV_FORMAT_LOSSES = 32,
};

/* The first byte is not ASCII and the last ones are line ends, so that a copy in text mode is noticed.  */
#define MV_FORMAT_MAGIC "\211MEMVIZ\n"

enum mv_region_kind {
	MV_REGION_TEXT = 0,
	MV_REGION_NOTES = 1,
	MV_REGION_APIS = 2,
	MV_REGION_THREADS = 3,
	MV_REGION_MODULES = 4,
	MV_REGION_FRAMES = 5,
	MV_REGION_STACKS = 6,
	MV_REGION_LIVE = 7,
	MV_REGION_OPEN = 8,
	MV_REGION_RING = 9,
	MV_REGION_NAMES = 10,
	MV_REGION_COUNT = 11,
};

/* Where a region lies.  OFFSET is a multiple of 64.  */
struct mv_region {
	uint64_t offset;
	uint64_t size_bytes;
};

/* How a file came to its end.  */
enum mv_file_state {
	MV_FILE_RECORDING = 1, /* the process runs, or died without a word */
	MV_FILE_FINISHED = 2,  /* the recorder closed it, or it was finished afterwards */
	MV_FILE_SNAPSHOT = 3,  /* a copy taken at a moment; the recording went on */
};

/* Why a snapshot was taken.  */
enum mv_snapshot_reason {
	MV_REASON_NONE = 0,
	MV_REASON_OOM = 1,
	MV_REASON_REQUEST = 2,
	MV_REASON_EXIT = 3,
};

/* Why something that happened is not in the file.  Each is a count of events unless it says otherwise.  */
enum mv_loss {
	MV_LOSS_BUSY = 0,	 /* arrived, in a signal handler, inside the recorder's own code */
	MV_LOSS_LOCK = 1,	 /* a lock of the recorder's could not be had in time */
	MV_LOSS_LIVE_FULL = 2,	 /* allocations that the live table has no room for; they are in the ring only */
	MV_LOSS_TEXT_FULL = 3,	 /* strings */
	MV_LOSS_STACKS_FULL = 4, /* stacks: the event is there, its stack is not */
	MV_LOSS_ENCODE = 5,	 /* events of a chunk that could not be compressed into the ring */
	MV_LOSS_ORPHAN_FREE = 6, /* frees of memory that was never seen allocated; nothing is missing but its birth */
	MV_LOSS_STACK_CUT = 7,	 /* stacks deeper than the recorder follows */
	MV_LOSS_SNAPSHOT = 8,	 /* snapshots that could not be written */
	MV_LOSS_MODULES_FULL = 9,
	MV_LOSS_CUT = 10,	   /* all events of a recording whose file somebody else has cut */
	MV_LOSS_THREADS_FULL = 11, /* threads: their events are there, as of thread 0, which is none */
	MV_LOSS_STACK_FAILED = 12, /* stacks that could not be taken: the event is there */
	MV_LOSS_UNWATCHED = 13,	   /* functions that may take memory and that programs got unwatched: what they do */
	MV_LOSS_BYPASSED = 14,	   /* loaded objects whose calls reach the driver without the recorder: what they do */
	MV_LOSS_COUNT = 15,
};

/* One card as the process sees it.  */
struct mv_device {
	uint8_t uuid[16];     /* zero: not known */
	uint64_t total_bytes; /* capacity as the driver reports it; 0: the device was not used */
	uint32_t name;	      /* text; 0: not known */
	uint32_t spare;
};

enum mv_oom_outcome {
	MV_OOM_UNKNOWN = 0,  /* nothing was allocated after it, or the snapshot was taken first */
	MV_OOM_SURVIVED = 1, /* the program went on to allocate memory */
};

/* An allocation that failed for good.  */
struct mv_oom {
	uint64_t time_ns;
	uint64_t requested_bytes;
	uint64_t allocated_bytes; /* in blocks of the pool that gave up; 0 without a pool */
	uint64_t reserved_bytes;  /* what that pool held of the driver; 0 without a pool */
	uint64_t free_bytes;	  /* of the card, as the driver said at that moment; with TOTAL 0: not asked */
	uint64_t total_bytes;
	uint32_t ordinal; /* 1 for the first in the process */
	uint32_t stack;
	uint32_t thread;
	uint16_t api;	 /* who failed: the pool's report, or the driver call */
	uint8_t device;
	uint8_t outcome; /* enum mv_oom_outcome */
};

struct mv_file_header {
	/* What it is.  */
	uint8_t magic[8];
	uint32_t byte_order;
	uint16_t version_major;
	uint16_t version_minor;
	uint32_t header_bytes; /* of this structure */
	uint32_t slot_events;  /* events that one open slot holds */
	uint64_t file_bytes;   /* the whole file */

	/* Who.  */
	uint32_t pid;
	uint32_t parent_pid;
	uint64_t start_ns;	    /* first record; the origin of the time axis */
	uint64_t start_realtime_ns; /* the same moment, since 1970 */
	int32_t rank;		    /* -1: not a member of a distributed job */
	int32_t local_rank;
	int32_t world_size;
	uint32_t layout_spare;
	char program[64]; /* what runs, for people: "train.py"; ends in zero */

	struct mv_region regions[MV_FORMAT_REGIONS];
	uint64_t layout_checksum; /* mv_checksum of all bytes above; what is below changes while recording */

	/* How it stands.  */
	uint32_t state;	 /* enum mv_file_state */
	uint32_t reason; /* enum mv_snapshot_reason, for snapshots */
	uint64_t end_ns; /* when it was finished or taken; 0 while recording */
	uint64_t used_bytes[MV_FORMAT_REGIONS];
	/* Of the used bytes of each region, once the file is finished; 0: not computed.  */
	uint64_t checksums[MV_FORMAT_REGIONS];

	/* The ring.  Offsets are within the region, multiples of 64.  Chunks FIRST to NEXT-1 are there, oldest at TAIL,
	 * each behind the other; where the next would not fit before the end, it stands at offset 0.  */
	uint64_t ring_tail;
	uint64_t ring_head;
	uint64_t chunk_first;
	uint64_t chunk_next;
	uint64_t horizon_ns; /* everything after it is complete; events before it may have been overwritten */
	uint64_t events_evicted;

	uint64_t losses[MV_FORMAT_LOSSES];
	uint32_t oom_count; /* in the process; the first MV_FORMAT_OOMS - 1 and the latest have a record */
	uint32_t step;	    /* optimizer steps completed */
	uint64_t state_checksum; /* of all from STATE on, with 0 here, once the file is finished; 0: not computed */
	uint64_t spare[5];
	struct mv_device devices[MV_FORMAT_DEVICES];
	struct mv_oom ooms[MV_FORMAT_OOMS];
};

/* ---- tables -------------------------------------------------------------------------------------------------
 *
 * A text id is a quarter of the offset, within the region, of a 32-bit length in bytes, which the UTF-8 bytes follow;
 * records are padded to four bytes.  Id 0 is the empty string.  Other ids are indexes of records; record 0 of frames,
 * stacks and apis stands for "none".  */

/* Of several notes with one key the last holds.  */
struct mv_note {
	uint32_t key; /* text */
	uint32_t value;
};

struct mv_thread {
	uint32_t tid;
	uint32_t is_autograd; /* 1: one of the threads that run backward */
	char name[16];	      /* ends in zero */
	uint64_t first_ns;
};

struct mv_module {
	uint32_t path; /* text */
	uint32_t build_id_bytes;
	uint8_t build_id[32]; /* the first bytes of it; zero where there is none */
	uint64_t start;	      /* first mapped byte in that process */
	uint64_t size_bytes;
	uint64_t bias; /* add to an address in the file to get the one in the process */
};

enum mv_frame_kind {
	MV_FRAME_NONE = 0,
	MV_FRAME_NATIVE = 1, /* A: module; B: return address as the file counts addresses, 0 module: in the process */
	MV_FRAME_PYTHON = 2, /* A: file name (text); B: function name (text) in the low half, line in the high half */
	MV_FRAME_LABEL = 3,  /* A: text: what is known where no address is */
	/* The end of a stack: what is further out did not call what is further in, but made, in forward, the node of the
	 * graph that backward was at.  A: text that says so.  */
	MV_FRAME_FORWARD = 4,
};

struct mv_frame {
	uint32_t kind; /* enum mv_frame_kind */
	uint32_t a;
	uint64_t b;
};

/* A stack: its innermost frame, and the stack of the callers.  PARENT is below the record's own index.  */
struct mv_stack {
	uint32_t parent;
	uint32_t frame;
};

/* A function that a native frame is in.  By FRAME; of several records of one frame each but the last was inlined into the
 * next, at its line.  */
struct mv_name {
	uint32_t frame;
	uint32_t function; /* text, as people write it; 0: not known */
	uint32_t file;	   /* text: source file; 0: not known */
	uint32_t line;	   /* 0: not known */
	uint64_t start;	   /* where the function begins, as the module's file counts addresses; 0: not known */
};

/* ---- events ----------------------------------------------------------------------------------------------- */

enum mv_event_kind {
	MV_EVENT_NONE = 0,
	MV_EVENT_ALLOC = 1,
	MV_EVENT_FREE = 2,	   /* noted before the call: another thread may be handed the address at once */
	MV_EVENT_FREE_FAILED = 3,  /* takes back this thread's last MV_EVENT_FREE of ADDRESS; SIZE 0: that had found nothing */
	MV_EVENT_ALLOC_FAILED = 4, /* RESULT says how; SIZE was asked for */
	MV_EVENT_OOM = 5,	   /* an allocation failed for good; EXTRA is the OOM's ordinal */
	MV_EVENT_OWNER = 6,	   /* ROLE, and in REF the name (text, 0: none), of what lies at ADDRESS.  No ROLE, with
				    * MV_FLAG_TOLD: memory had run out, and all that had an owner then has been told of */
	MV_EVENT_PHASE_BEGIN = 7,  /* PHASE begins on THREAD; REF is its name (text) */
	MV_EVENT_PHASE_END = 8,
	MV_EVENT_MARK = 9,	   /* the program said REF (text) */
	MV_EVENT_MEMORY_INFO = 10, /* the driver said that SIZE bytes of EXTRA are free on DEVICE */
	MV_EVENT_BIRTH = 11,	   /* before a free: what was known of the memory, whose allocation may have been
				    * overwritten; EXTRA is the time of its birth, REF its name (text) */
	MV_EVENT_USAGE = 12,	   /* at this moment SIZE bytes of DEVICE are TERM (enum mv_term, in EXTRA) */
	MV_EVENT_CALL = 13,	   /* a call of API succeeded that may change memory which no ledger shows: a context, a
				    * module, a limit, a pool, a graph: ROLE is an enum mv_change, which says more; ADDRESS
				    * is the object.  Live records of this kind are in no ledger */
	MV_EVENT_KINDS = 14,
};

/* What an allocation is part of.  Ledgers are never added up: blocks lie within device memory.  */
enum mv_ledger {
	MV_LEDGER_NONE = 0,
	MV_LEDGER_DEVICE = 1,	   /* physical memory of a card, as the driver hands it out */
	MV_LEDGER_BLOCK = 2,	   /* what a framework's pool carved out of device memory (EXTRA: bytes that it held then) */
	MV_LEDGER_HOST = 3,	   /* pinned or registered host memory */
	MV_LEDGER_MANAGED = 4,	   /* memory that moves between host and cards */
	MV_LEDGER_RESERVATION = 5, /* addresses without memory */
	MV_LEDGER_MAPPING = 6,	   /* physical memory (EXTRA: its handle) made visible at an address */
	MV_LEDGER_POOLED = 7,	   /* what the driver's stream-ordered pools handed out (EXTRA: stream) */
	MV_LEDGER_KINDS = 8,
};

enum mv_phase {
	MV_PHASE_NONE = 0, /* forward, or not training */
	MV_PHASE_BACKWARD = 1,
	MV_PHASE_OPTIMIZER = 2,
	MV_PHASE_USER = 3, /* named by the program */
	MV_PHASE_KINDS = 4,
};

/* What a sample of a card's memory consists of.  Samples are taken now and then by a thread of the recorder's; all
 * terms of one sample bear the same ADDRESS, which counts the samples of all cards from 1, and come one behind the other on
 * their thread.  A term that could not be found out is absent.  */
enum mv_term {
	MV_TERM_NONE = 0,
	MV_TERM_TOTAL = 1,	    /* the card's capacity */
	MV_TERM_USED = 2,	    /* in use by anybody, as NVML says; without MV_TERM_RESERVED where that is told apart */
	MV_TERM_PROCESS = 3,	    /* of that, by this process, as NVML says */
	MV_TERM_OTHERS = 4,	    /* of that, by other processes, as NVML says: absent, too, if one of them is not told */
	MV_TERM_POOL_RESERVED = 5,  /* held by the device's default stream-ordered pool */
	MV_TERM_POOL_USED = 6,	    /* of that, handed out */
	MV_TERM_GRAPH_RESERVED = 7, /* held for graphs' memory nodes */
	MV_TERM_GRAPH_USED = 8,	    /* of that, in use */
	MV_TERM_RESERVED = 9,	    /* kept by the driver and the firmware, as NVML says */
	MV_TERM_KINDS = 10,
};

/* What a framework said that a piece of memory is.  */
enum mv_role {
	MV_ROLE_NONE = 0,
	MV_ROLE_PARAMETER = 1,
	MV_ROLE_BUFFER = 2,
	MV_ROLE_GRADIENT = 3,
	MV_ROLE_OPTIMIZER = 4,
	MV_ROLE_ACTIVATION = 5,
	MV_ROLE_INPUT = 6,
	MV_ROLE_TEMPORARY = 7,
	/* PyTorch's autograd keeps it for backward; noted once for each optimizer step in which it does, */
	MV_ROLE_SAVED = 8,
	/* or handed it to a hook of saved tensors (checkpoint, offloading), which may keep it, or something else.  On a
	 * thread that runs backward it is a forward run again: what its hooks get is kept.  */
	MV_ROLE_SAVED_HOOKED = 9,
	/* PyTorch filled it, or a part of it, by a copy from the host: an input, or a parameter that has no name yet.  In
	 * backward: what had been moved to the host meanwhile.  */
	MV_ROLE_COPIED = 10,
	MV_ROLE_WORKSPACE = 11, /* cuBLAS computes with it */
	MV_ROLE_KINDS = 12,
};

/* What a call did to memory that no ledger shows.  */
enum mv_change {
	MV_CHANGE_OTHER = 0,
	/* A context was made, or a primary one (ADDRESS: device + 1) asked for; green contexts are among them.  */
	MV_CHANGE_CONTEXT_BEGIN = 1,
	MV_CHANGE_CONTEXT_END = 2,
	MV_CHANGE_LIMIT = 3, /* EXTRA: which (CUlimit); SIZE: to how much */
	MV_CHANGE_MODULE_BEGIN = 4, /* code was loaded by the program itself: a module, a library */
	MV_CHANGE_MODULE_END = 5,
	MV_CHANGE_POOL_BEGIN = 6, /* a stream-ordered pool was made, or another process's opened */
	MV_CHANGE_POOL_END = 7,	  /* what was handed out of it lives on until it is freed */
	MV_CHANGE_POOL_SET = 8,	  /* a pool was trimmed to SIZE, or something else about it changed */
	MV_CHANGE_GRAPH_BEGIN = 9, /* a graph (EXTRA, if known) was made executable */
	MV_CHANGE_GRAPH_END = 10,
	MV_CHANGE_GRAPH_MEMORY = 11, /* memory for a graph's nodes was made ready, or given back */
	MV_CHANGE_CHECKPOINT = 12,   /* a process's (EXTRA) memory went to the host, */
	MV_CHANGE_RESTORE = 13,	     /* and came back */
	MV_CHANGE_EXPORT = 14,	     /* memory was offered to other processes */
	MV_CHANGE_KINDS = 15,
};

enum mv_event_flag {
	MV_FLAG_GRAD = 1,     /* gradients were being recorded (PyTorch's grad mode) */
	MV_FLAG_CAPTURED = 2, /* part of a graph being captured: no memory changed hands */
	MV_FLAG_IMPORTED = 4, /* another process owns the memory */
	MV_FLAG_IMPLICIT = 8, /* freed by the end of something else: a context, a pool */
	MV_FLAG_TOLD = 16,    /* phases: the owners of all that the optimizer holds were told just before; this is not done
			       * at every step where steps are short */
	MV_FLAG_HANDLE = 32,    /* ADDRESS is a handle and never an address: physical memory, arrays */
	MV_FLAG_ESTIMATED = 64, /* SIZE was computed from what was asked for; the driver does not say */
	MV_FLAG_GRAPH = 128,	/* frees: while a node of autograd's graph was let go, which had kept the memory */
};

/* One event, and one record of the live table.  What a field means where it is zero: "not known", or "none".  */
struct mv_event {
	uint64_t time_ns;
	uint64_t address; /* of the memory; the handle, for physical memory without an address */
	uint64_t size_bytes;
	uint64_t extra;	 /* as the ledger or the kind says */
	uint32_t stack;
	uint32_t ref;	 /* frees: the stack of the allocation; otherwise a text, as the kind says */
	uint32_t step;	 /* optimizer steps completed before */
	uint32_t thread; /* index in the threads region */
	uint16_t api;	 /* index in the apis region: the outermost call of the program's */
	int16_t result;	 /* CUresult of a call that failed */
	uint8_t kind;	 /* enum mv_event_kind */
	uint8_t ledger;	 /* enum mv_ledger */
	uint8_t device;
	uint8_t phase;	 /* enum mv_phase of the thread */
	uint8_t role;	 /* enum mv_role; of calls: enum mv_change */
	uint8_t flags;	 /* enum mv_event_flag */
	uint8_t is_live; /* live records: 1, stored last and cleared first; events: 0 */
	uint8_t context; /* live records: in which of the contexts that the program made; 0: in none of them, or not known */
	uint16_t references; /* live records of physical memory: handles and mappings that keep it alive; others: */
	uint16_t mappings;   /* MAPPINGS of those with MV_ROLE_SAVED and MV_ROLE_SAVED_HOOKED: the lower bits of 1 + the
			      * step in which that was noted last */
};

/* An open slot: this header, then SLOT_EVENTS events, of which the first COUNT are there.  */
struct mv_slot {
	uint64_t first_ordinal; /* of the slot's events since the file began: the first one here */
	uint32_t count;
	uint32_t spare[13];
};

#define MV_CHUNK_MAGIC 0x4b43564du /* "MVCK" */

/* A sealed chunk in the ring: this header, then BODY_BYTES of columns (lib/format/chunk.h).  Self-contained.  */
struct mv_chunk {
	uint32_t magic;
	uint32_t slot;
	uint64_t sequence;	/* 1, 2, 3 … over the whole file */
	uint64_t first_ordinal; /* as in the slot that it was; an open slot that starts lower has been sealed already */
	uint64_t first_ns;
	uint64_t last_ns;
	uint32_t event_count;
	uint32_t body_bytes;
	uint64_t spare;
	uint64_t checksum; /* mv_checksum of this header, with 0 here, and the body */
};

_Static_assert(sizeof(struct mv_event) == 64, "layout of the file");
_Static_assert(sizeof(struct mv_slot) == 64, "layout of the file");
_Static_assert(sizeof(struct mv_chunk) == 64, "layout of the file");
_Static_assert(sizeof(struct mv_module) == 64, "layout of the file");
_Static_assert(sizeof(struct mv_thread) == 32, "layout of the file");
_Static_assert(sizeof(struct mv_frame) == 16, "layout of the file");
_Static_assert(sizeof(struct mv_name) == 24, "layout of the file");
_Static_assert(sizeof(struct mv_oom) == 64, "layout of the file");
_Static_assert(sizeof(struct mv_device) == 32, "layout of the file");

#endif
