/* SPDX-License-Identifier: Apache-2.0 */
/* What NVTX declares for tools: nvtxTypes.h of NVTX 3, Apache-2.0 WITH LLVM-exception.  A copy of NVTX keeps a pointer for
 * each of its functions, in a table for each module; who wants to be called puts a pointer of its own there.  */
#include "cuda/nvtx.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "base/elf.h"
#include "base/text.h"
#include "cuda/lookup.h"
#include "cuda/marks.h"
#include "cuda/watch.h"

#define EXPORTED __attribute__((visibility("default")))
#define ENTRY "InitializeInjectionNvtx2"

enum { TABLES_CALLBACKS = 1, MODULE_CORE = 1, MODULE_CORE2 = 5 };
enum { NO_TRACKING = -2 }; /* what the depth of a range is where nobody counts: NVTX_NO_PUSH_POP_TRACKING */

/* Names of a range's name.  */
enum { MESSAGE_ASCII = 1, MESSAGE_WIDE = 2, MESSAGE_REGISTERED = 3 };

typedef void (*any_fn)(void);

struct callbacks {
	size_t struct_bytes;
	int (*module_table)(int module, any_fn ***table, unsigned *count);
};

typedef const void *(*tables_fn)(uint32_t id);
typedef int (*initialize_fn)(tables_fn tables);

/* As far as it is read; later editions are longer.  */
struct attributes {
	uint16_t version, size_bytes;
	uint32_t category;
	int32_t color_type;
	uint32_t color;
	int32_t payload_type, reserved;
	uint64_t payload;
	int32_t message_type;
	union {
		const char *ascii;
		const wchar_t *wide;
		uint64_t registered;
	} message;
};

/* NVTX calls this; returns 1 if it is to call what has been put into its tables.  */
EXPORTED int InitializeInjectionNvtx2(tables_fn tables);

/* ---- the profiler behind us ---- */

static bool g_is_wanted;
static initialize_fn g_profiler;

/* Which function stands where, in its module's table.  */
enum function {
	RANGE_START_EX,
	RANGE_START_A,
	RANGE_START_W,
	RANGE_END,
	RANGE_PUSH_EX,
	RANGE_PUSH_A,
	RANGE_PUSH_W,
	RANGE_POP,
	DOMAIN_START,
	DOMAIN_END,
	DOMAIN_PUSH,
	DOMAIN_POP,
	DOMAIN_REGISTER_A,
	DOMAIN_REGISTER_W,
	FUNCTIONS,
};

static any_fn g_next[FUNCTIONS]; /* the profiler's; NULL: it has none */

static any_fn next(enum function function)
{
	return __atomic_load_n(&g_next[function], __ATOMIC_ACQUIRE);
}

/* ---- names ---- */

enum { NAME_BYTES = 128, TWO_BYTES = 0x80, THREE_BYTES = 0x800, FOUR_BYTES = 0x10000, TAIL = 0x80 };

static void add_character(struct mv_text *text, uint32_t c)
{
	char bytes[4];
	size_t count = c < TWO_BYTES ? 1 : c < THREE_BYTES ? 2 : c < FOUR_BYTES ? 3 : 4, i;
	static const uint8_t heads[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (i = count; i-- > 1; c >>= 6)
		bytes[i] = (char)(TAIL | (c & 0x3f));
	bytes[0] = (char)(heads[count] | c);
	mv_text_add_bytes(text, bytes, count);
}

static const char *narrowed(const wchar_t *wide, char name[NAME_BYTES])
{
	struct mv_text text = mv_text_in(name, NAME_BYTES);

	for (; wide && *wide && !text.is_cut; wide++)
		add_character(&text, (uint32_t)*wide & 0x1fffff);
	return name;
}

static const char *name_of(const struct attributes *attributes, char name[NAME_BYTES])
{
	if (!attributes || attributes->size_bytes < sizeof *attributes)
		return "";
	switch (attributes->message_type) {
	case MESSAGE_ASCII:
		return attributes->message.ascii ? attributes->message.ascii : "";
	case MESSAGE_WIDE:
		return narrowed(attributes->message.wide, name);
	case MESSAGE_REGISTERED:
		return mv_marks_name(attributes->message.registered);
	}
	return "";
}

/* ---- what NVTX calls ---- */

static int push_ascii(const char *name)
{
	int (*theirs)(const char *) = (int (*)(const char *))next(RANGE_PUSH_A);

	mv_marks_begin(name ? name : "", 0);
	return theirs ? theirs(name) : NO_TRACKING;
}

static int push_wide(const wchar_t *name)
{
	int (*theirs)(const wchar_t *) = (int (*)(const wchar_t *))next(RANGE_PUSH_W);
	char narrow[NAME_BYTES];

	mv_marks_begin(narrowed(name, narrow), 0);
	return theirs ? theirs(name) : NO_TRACKING;
}

static int push_attributes(const struct attributes *attributes)
{
	int (*theirs)(const struct attributes *) = (int (*)(const struct attributes *))next(RANGE_PUSH_EX);
	char name[NAME_BYTES];

	mv_marks_begin(name_of(attributes, name), 0);
	return theirs ? theirs(attributes) : NO_TRACKING;
}

static int pop(void)
{
	int (*theirs)(void) = (int (*)(void))next(RANGE_POP);

	mv_marks_pop();
	return theirs ? theirs() : NO_TRACKING;
}

static int domain_push(void *domain, const struct attributes *attributes)
{
	int (*theirs)(void *, const struct attributes *) =
		(int (*)(void *, const struct attributes *))next(DOMAIN_PUSH);
	char name[NAME_BYTES];

	mv_marks_begin(name_of(attributes, name), 0);
	return theirs ? theirs(domain, attributes) : NO_TRACKING;
}

static int domain_pop(void *domain)
{
	int (*theirs)(void *) = (int (*)(void *))next(DOMAIN_POP);

	mv_marks_pop();
	return theirs ? theirs(domain) : NO_TRACKING;
}

static uint64_t start_ascii(const char *name)
{
	uint64_t (*theirs)(const char *) = (uint64_t(*)(const char *))next(RANGE_START_A);
	uint64_t id = theirs ? theirs(name) : mv_marks_number();

	mv_marks_begin(name ? name : "", id);
	return id;
}

static uint64_t start_wide(const wchar_t *name)
{
	uint64_t (*theirs)(const wchar_t *) = (uint64_t(*)(const wchar_t *))next(RANGE_START_W);
	uint64_t id = theirs ? theirs(name) : mv_marks_number();
	char narrow[NAME_BYTES];

	mv_marks_begin(narrowed(name, narrow), id);
	return id;
}

static uint64_t start_attributes(const struct attributes *attributes)
{
	uint64_t (*theirs)(const struct attributes *) = (uint64_t(*)(const struct attributes *))next(RANGE_START_EX);
	uint64_t id = theirs ? theirs(attributes) : mv_marks_number();
	char name[NAME_BYTES];

	mv_marks_begin(name_of(attributes, name), id);
	return id;
}

static void end(uint64_t id)
{
	void (*theirs)(uint64_t) = (void (*)(uint64_t))next(RANGE_END);

	mv_marks_end(id);
	if (theirs)
		theirs(id);
}

static uint64_t domain_start(void *domain, const struct attributes *attributes)
{
	uint64_t (*theirs)(void *, const struct attributes *) =
		(uint64_t(*)(void *, const struct attributes *))next(DOMAIN_START);
	uint64_t id = theirs ? theirs(domain, attributes) : mv_marks_number();
	char name[NAME_BYTES];

	mv_marks_begin(name_of(attributes, name), id);
	return id;
}

static void domain_end(void *domain, uint64_t id)
{
	void (*theirs)(void *, uint64_t) = (void (*)(void *, uint64_t))next(DOMAIN_END);

	mv_marks_end(id);
	if (theirs)
		theirs(domain, id);
}

static uint64_t register_ascii(void *domain, const char *name)
{
	uint64_t (*theirs)(void *, const char *) = (uint64_t(*)(void *, const char *))next(DOMAIN_REGISTER_A);
	uint64_t handle = theirs ? theirs(domain, name) : mv_marks_number();

	if (handle)
		mv_marks_set_name(handle, name ? name : "");
	return handle;
}

static uint64_t register_wide(void *domain, const wchar_t *name)
{
	uint64_t (*theirs)(void *, const wchar_t *) = (uint64_t(*)(void *, const wchar_t *))next(DOMAIN_REGISTER_W);
	uint64_t handle = theirs ? theirs(domain, name) : mv_marks_number();
	char narrow[NAME_BYTES];

	if (handle)
		mv_marks_set_name(handle, narrowed(name, narrow));
	return handle;
}

/* Numbers of functions within their modules: NvtxCallbackIdCore, NvtxCallbackIdCore2.  */
static const struct {
	int module;
	unsigned number;
	any_fn ours;
} functions[FUNCTIONS] = {
	[RANGE_START_EX] = {MODULE_CORE, 4, (any_fn)start_attributes},
	[RANGE_START_A] = {MODULE_CORE, 5, (any_fn)start_ascii},
	[RANGE_START_W] = {MODULE_CORE, 6, (any_fn)start_wide},
	[RANGE_END] = {MODULE_CORE, 7, (any_fn)end},
	[RANGE_PUSH_EX] = {MODULE_CORE, 8, (any_fn)push_attributes},
	[RANGE_PUSH_A] = {MODULE_CORE, 9, (any_fn)push_ascii},
	[RANGE_PUSH_W] = {MODULE_CORE, 10, (any_fn)push_wide},
	[RANGE_POP] = {MODULE_CORE, 11, (any_fn)pop},
	[DOMAIN_START] = {MODULE_CORE2, 2, (any_fn)domain_start},
	[DOMAIN_END] = {MODULE_CORE2, 3, (any_fn)domain_end},
	[DOMAIN_PUSH] = {MODULE_CORE2, 4, (any_fn)domain_push},
	[DOMAIN_POP] = {MODULE_CORE2, 5, (any_fn)domain_pop},
	[DOMAIN_REGISTER_A] = {MODULE_CORE2, 10, (any_fn)register_ascii},
	[DOMAIN_REGISTER_W] = {MODULE_CORE2, 11, (any_fn)register_wide},
};

/* ---- getting in ---- */

/* Where TABLES, of one copy of NVTX, keeps the pointers; NULL where it has none, being older.  */
static void find_places(tables_fn tables, any_fn *places[FUNCTIONS])
{
	const struct callbacks *callbacks = tables ? tables(TABLES_CALLBACKS) : NULL;
	int i;

	for (i = 0; i < FUNCTIONS; i++) {
		any_fn **table = NULL;
		unsigned count = 0;

		places[i] = NULL;
		if (callbacks && callbacks->struct_bytes >= sizeof *callbacks &&
		    callbacks->module_table(functions[i].module, &table, &count) && table &&
		    functions[i].number < count)
			places[i] = table[functions[i].number];
	}
}

/* Until a tool has put something there a pointer leads to NVTX's own start, WAS.  Pointers of two profilers, or of one that
 * has others for another copy of NVTX, cannot be told apart by those who are called, so the first ones hold.  */
static void take(any_fn *place, any_fn was, enum function function)
{
	any_fn theirs = *place == was ? NULL : *place, none = NULL;

	if (theirs && !__atomic_compare_exchange_n(&g_next[function], &none, theirs, 0, __ATOMIC_ACQ_REL,
						   __ATOMIC_ACQUIRE) && none != theirs)
		return;
	if (!theirs && next(function))
		return;
	*place = functions[function].ours;
}

int InitializeInjectionNvtx2(tables_fn tables)
{
	initialize_fn profiler = __atomic_load_n(&g_profiler, __ATOMIC_ACQUIRE);
	any_fn *places[FUNCTIONS], was[FUNCTIONS];
	int i, is_taken;

	find_places(tables, places);
	for (i = 0; i < FUNCTIONS; i++)
		was[i] = places[i] ? *places[i] : NULL;
	is_taken = profiler && profiler(tables);
	if (!mv_watch_sink())
		return is_taken;
	for (i = 0; i < FUNCTIONS; i++)
		if (places[i])
			take(places[i], was[i], (enum function)i);
	return 1;
}

void mv_watch_want_ranges(bool is_wanted)
{
	__atomic_store_n(&g_is_wanted, is_wanted, __ATOMIC_RELEASE);
}

void *mv_nvtx_decide(void *handle, const char *name)
{
	initialize_fn theirs, none = NULL;

	if (!__atomic_load_n(&g_is_wanted, __ATOMIC_ACQUIRE) || !mv_text_equal(name, ENTRY))
		return NULL;
	theirs = (initialize_fn)mv_lookup_next(handle, name);
	if (!theirs || theirs == InitializeInjectionNvtx2)
		return NULL;
	/* One profiler; another one has its own copies of NVTX to itself.  */
	if (!__atomic_compare_exchange_n(&g_profiler, &none, theirs, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) && none != theirs)
		return NULL;
	return (void *)InitializeInjectionNvtx2;
}
