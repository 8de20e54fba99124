/* SPDX-License-Identifier: Apache-2.0 */
/* PyTorch calls back whoever asks for it (ATen/record_function.h), by kind of scope; its own recorder of memory takes its
 * annotations from there.  Nothing else is sturdy: where nobody has asked, the name is never looked at, and the operator
 * behind record_function is reached through tables that are built before we are.
 *
 *	struct RecordFunctionCallback		by value; unchanged from 2.0 to 2.15
 *	+0	start, end: functions
 *	+16	probability that they are called
 *	+24	for each kind of scope, whether it is wanted: 10 bytes, the user's is the eighth
 *	then	whether inputs, outputs and numbers are wanted: a byte each, all false here, so that it would do no harm if
 *		there were a few more kinds of scopes
 *
 * Whoever asks for all threads and for good (addGlobalCallback) makes each change of a thread's state dearer, and there are
 * two for each node of a backward: 2,000 instructions for a node.  A scope takes along whom it has to call when it is made,
 * so we ask for this thread alone and for as long as a scope of the user's is being made: the libraries call what makes
 * it through their linkage tables.  */
#include "torch/scopes.h"

#include <errno.h>
#include <stddef.h>

#include "base/text.h"
#include "torch/real.h"
#include "torch/torch.h"

#define LIBRARY "libtorch_cpu.so"

#define MAKE "_ZN2at14RecordFunctionC1ENS_11RecordScopeE"

/* What is only called, not stood in for (lib/exports.sh).  */
static const char add_symbol[] = "_ZN2at22addThreadLocalCallbackENS_22RecordFunctionCallbackE",
		  remove_symbol[] = "_ZN2at14removeCallbackEm",
		  name_symbol[] = "_ZNK2at14RecordFunction4nameEv";

enum {
	USER_SCOPE = 7,
	FLAG_BYTES = 40, /* many more than there are */
};

struct callback {
	void (*start)(void);
	void (*end)(const void *scope, void *context);
	double probability;
	bool flags[FLAG_BYTES];
};

_Static_assert(offsetof(struct callback, probability) == 16, "ATen/record_function.h");
_Static_assert(offsetof(struct callback, flags) == 24, "ATen/record_function.h");

typedef uint64_t (*add_callback_fn)(struct callback callback);
typedef void (*remove_callback_fn)(uint64_t callback);
typedef const char *(*name_fn)(const void *scope);
typedef void (*make_fn)(void *scope, uint8_t kind);

enum scope_state {
	STATE_WAITING, /* no range of the user's was made */
	STATE_ASKED,
	STATE_IMPOSSIBLE,
};

static struct {
	add_callback_fn add; /* published last; NULL: not known */
	remove_callback_fn remove;
	name_fn name;
	uint32_t state; /* enum scope_state */
} g_scopes;

static void set_state(enum scope_state state)
{
	if (__atomic_load_n(&g_scopes.state, __ATOMIC_RELAXED) != state)
		__atomic_store_n(&g_scopes.state, state, __ATOMIC_RELAXED);
}

const char *mv_torch_scope_state(void)
{
	if (!mv_torch_labels())
		return MV_TORCH_NOT_WANTED;
	switch ((enum scope_state)__atomic_load_n(&g_scopes.state, __ATOMIC_RELAXED)) {
	case STATE_WAITING:
		return "none yet";
	case STATE_ASKED:
		return "those of record_function are phases";
	case STATE_IMPOSSIBLE:
		return "cannot be had from this PyTorch";
	}
	return "";
}

static void note(bool begins, const char *name)
{
	const struct mv_sink *sink = mv_torch_labels();
	int saved = errno;

	if (sink)
		sink->note_phase(begins, MV_PHASE_USER, name, 0);
	errno = saved;
}

/* std::unique_ptr<ObserverContext> start(const RecordFunction &): C++ returns such a pointer in memory whose address it is
 * given, on x86-64 before the arguments and on aarch64 in x8.  C cannot say the latter.  */
void mv_scopes_start(void);
void mv_scopes_begin(const void *scope);

__asm__(".text\n"
	".type mv_scopes_start, %function\n"
	"mv_scopes_start:\n"
	".cfi_startproc\n"
#if defined(__aarch64__)
	"	str	xzr, [x8]\n"
	"	b	mv_scopes_begin\n"
#else
	"	movq	$0, (%rdi)\n"
	"	pushq	%rdi\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	movq	%rsi, %rdi\n"
	"	call	mv_scopes_begin\n"
	"	popq	%rax\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	ret\n"
#endif
	".cfi_endproc\n"
	".size mv_scopes_start, . - mv_scopes_start\n");

void mv_scopes_begin(const void *scope)
{
	note(true, g_scopes.name(scope));
}

static void end(const void *scope, void *context)
{
	(void)scope, (void)context;
	note(false, NULL);
}

/* VERSION as torch.__version__ has it.  */
static bool is_known(const char *version)
{
	return version && mv_text_starts(version, "2.");
}

static bool find_functions(void)
{
	static void *kept_add, *kept_remove, *kept_name;
	add_callback_fn add = (add_callback_fn)mv_torch_real(&kept_add, LIBRARY, add_symbol);

	g_scopes.remove = (remove_callback_fn)mv_torch_real(&kept_remove, LIBRARY, remove_symbol);
	g_scopes.name = (name_fn)mv_torch_real(&kept_name, LIBRARY, name_symbol);
	if (!add || !g_scopes.remove || !g_scopes.name)
		return false;
	__atomic_store_n(&g_scopes.add, add, __ATOMIC_RELEASE);
	return true;
}

void mv_scopes_watch(const char *version)
{
	if (!is_known(version) || !find_functions())
		set_state(STATE_IMPOSSIBLE);
}

static uint64_t ask(void)
{
	add_callback_fn add = __atomic_load_n(&g_scopes.add, __ATOMIC_ACQUIRE);
	struct callback callback = {mv_scopes_start, end, 1.0, {[USER_SCOPE] = true}};
	int saved = errno;
	uint64_t asked = add && mv_torch_labels() ? add(callback) : 0;

	if (asked)
		set_state(STATE_ASKED);
	errno = saved;
	return asked;
}

void mv_scopes_make(void *scope, uint8_t kind) MV_TORCH_EXPORTED(MAKE);

void mv_scopes_make(void *scope, uint8_t kind)
{
	static void *kept;
	make_fn real = (make_fn)mv_torch_real(&kept, LIBRARY, MAKE);
	uint64_t asked = kind == USER_SCOPE ? ask() : 0;

	if (real)
		real(scope, kind);
	if (asked)
		g_scopes.remove(asked);
}
