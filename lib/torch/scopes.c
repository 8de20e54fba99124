/* SPDX-License-Identifier: Apache-2.0 */
/* PyTorch calls back whoever asks for it (ATen/record_function.h: addGlobalCallback), by kind of scope; its own recorder of
 * memory takes its annotations from there.  Nothing else is sturdy: where nobody has asked, the name is never looked at, and
 * the operator behind record_function is reached through tables that are built before we are.
 *
 *	struct RecordFunctionCallback		by value; unchanged from 2.0 to 2.15
 *	+0	start, end: functions
 *	+16	probability that they are called
 *	+24	for each kind of scope, whether it is wanted: 10 bytes, the user's is the eighth
 *	then	whether inputs, outputs and numbers are wanted: a byte each, all false here, so that it would do no harm if
 *		there were a few more kinds of scopes
 *
 * A scope of another kind is not called back for and costs what it did before.  */
#include "torch/scopes.h"

#include <errno.h>
#include <stddef.h>

#include "base/text.h"
#include "torch/real.h"
#include "torch/torch.h"

#define LIBRARY "libtorch_cpu.so"

/* What is only called, not stood in for (lib/exports.sh).  */
static const char add_symbol[] = "_ZN2at17addGlobalCallbackENS_22RecordFunctionCallbackE",
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
typedef const char *(*name_fn)(const void *scope);

static name_fn g_name;

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
	note(true, g_name(scope));
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

void mv_scopes_watch(const char *version)
{
	static void *kept, *kept_name;
	add_callback_fn add = (add_callback_fn)mv_torch_real(&kept, LIBRARY, add_symbol);
	struct callback callback = {mv_scopes_start, end, 1.0, {[USER_SCOPE] = true}};
	const struct mv_sink *sink = mv_torch_labels();
	bool can = is_known(version) && add;

	g_name = (name_fn)mv_torch_real(&kept_name, LIBRARY, name_symbol);
	can = can && g_name;
	if (can)
		add(callback);
	if (sink)
		sink->note_fact("record_function", can ? "ranges are phases" : "cannot be had from this PyTorch");
}
