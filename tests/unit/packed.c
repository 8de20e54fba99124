/* SPDX-License-Identifier: Apache-2.0 */
/* Recordings that carry names.  */
#include "unit/harness.h"

#include <errno.h>
#include <unistd.h>

#include "analyze/places.h"
#include "export/packed.h"
#include "format/image.h"
#include "read/recover.h"
#include "read/table.h"
#include "read/verify.h"
#include "support/scene.h"
#include "support/shop.h"

/* A recording of two frames in the shop's object: one where a function was inlined, one in a function that is stripped;
 * and its copy with names.  */
struct bundle {
	struct shop shop;
	struct mv_recording *plain, *packed;
	struct mv_copy copy;
	uint64_t hidden;
	uint32_t stack, bare; /* indexes of stacks */
};

static uint32_t add_frame(struct forge *forge, const struct shop *shop, const char *name, uint64_t address)
{
	struct mv_module module = {.build_id_bytes = shop->build_id_bytes};

	memcpy(module.build_id, shop->build_id, sizeof shop->build_id);
	return forge_native(forge, 0, &module, shop_path(shop, name), address + 1);
}

/* The first byte of "outer" that is in a function which was inlined there.  */
static uint64_t inlined_byte(const struct shop *shop)
{
	struct mv_symbols *symbols = mv_symbols_open(NULL);
	struct mv_symbols_object object = shop_object(shop, "whole.so");
	struct mv_symbols_answer answer;
	uint64_t size = 0, start = shop_address(shop, "outer", &size), at = start;

	while (at < start + size && mv_symbols_find(symbols, 1, &object, at, &answer) && answer.level_count < 3)
		at++;
	mv_symbols_close(symbols);
	return at;
}

static void pack(struct bundle *bundle)
{
	struct mv_packed packed;
	struct mv_names *names;

	CU_ASSERT_EQUAL_FATAL(mv_names_open(bundle->plain, NULL, &names), 0);
	CU_ASSERT_EQUAL_FATAL(mv_packed_make(bundle->plain, names, &bundle->copy, &packed, NULL), 0);
	CU_ASSERT(packed.frames == 3 && packed.named == 1);
	mv_names_close(names);
	CU_ASSERT_EQUAL_FATAL(mv_recording_open_image(bundle->copy.bytes, bundle->copy.size_bytes, &bundle->packed, NULL), 0);
}

static bool bundle_open(struct bundle *bundle)
{
	struct forge *forge;
	const char *path;
	uint64_t size;

	memset(bundle, 0, sizeof *bundle);
	if (!shop_open(&bundle->shop) || !shop_run(&bundle->shop, "strip -o bare.so whole.so")) {
		harness_skip("no compiler or strip here");
		return false;
	}
	bundle->hidden = shop_address(&bundle->shop, "hidden", &size);
	path = scene_path("names.memviz");
	forge = forge_open(path, "train.py", 0);
	bundle->stack = add_frame(forge, &bundle->shop, "whole.so", inlined_byte(&bundle->shop));
	bundle->bare = add_frame(forge, &bundle->shop, "bare.so", bundle->hidden + 2);
	add_frame(forge, &bundle->shop, "gone.so", bundle->hidden);
	forge_alloc(forge, 1, MV_LEDGER_DEVICE, 0x1000, 512, bundle->stack, 0);
	forge_finish(forge);
	CU_ASSERT_EQUAL_FATAL(mv_recording_open(path, &bundle->plain, NULL), 0);
	pack(bundle);
	return true;
}

static void bundle_close(struct bundle *bundle)
{
	mv_recording_close(bundle->plain);
	mv_recording_close(bundle->packed);
	mv_copy_release(&bundle->copy);
	shop_close(&bundle->shop);
}

static bool is_place(const struct mv_place *place, const char *function, uint32_t line)
{
	return !strcmp(place->function, function) && place->line == line && strstr(place->file, "shop.c");
}

/* What RECORDING shows of both stacks.  */
static void check_places(const struct bundle *bundle, const struct mv_recording *recording)
{
	const struct mv_place *places[8];
	struct mv_places *all;
	char text[80];

	CU_ASSERT_EQUAL_FATAL(mv_places_open(recording, MV_PLACES_ALL_NAMES, NULL, &all), 0);
	CU_ASSERT_EQUAL_FATAL(mv_places_stack(all, bundle->stack, places, 8, NULL), 3);
	CU_ASSERT(is_place(places[0], "inner", 3) && is_place(places[1], "middle", 4) && is_place(places[2], "outer", 5));
	CU_ASSERT_PTR_EQUAL(mv_places_origin(all, bundle->stack), places[0]);
	CU_ASSERT_EQUAL(mv_places_stack(all, bundle->stack, places, 2, NULL), 2);
	CU_ASSERT_EQUAL_FATAL(mv_places_stack(all, bundle->bare, places, 8, NULL), 1);
	CU_ASSERT(places[0]->start == bundle->hidden && places[0]->offset == bundle->hidden + 2);
	mv_place_write(places[0], text, sizeof text);
	CU_ASSERT_EQUAL(strtoull(strstr(text, "bare.so+0x") + strlen("bare.so+"), NULL, 16), bundle->hidden);
	mv_places_close(all);
}

static void a_packed_recording_shows_the_same_without_the_objects(void)
{
	struct bundle bundle;

	if (!bundle_open(&bundle))
		return;
	check_places(&bundle, bundle.plain);
	CU_ASSERT(shop_run(&bundle.shop, "rm whole.so bare.so"));
	check_places(&bundle, bundle.packed);
	bundle_close(&bundle);
}

static void what_is_missing_is_listed(void)
{
	const struct mv_names_object *objects;
	struct mv_symbols_answer answer;
	struct mv_names *names;
	struct bundle bundle;
	size_t count;

	if (!bundle_open(&bundle))
		return;
	CU_ASSERT_EQUAL_FATAL(mv_names_open(bundle.plain, NULL, &names), 0);
	objects = mv_names_objects(names, &count);
	CU_ASSERT_FATAL(count == 3);
	CU_ASSERT(objects[0].state == MV_SYMBOLS_HERE && objects[0].frames == 1 && objects[2].state == MV_SYMBOLS_ABSENT);
	mv_names_missing(names, &count);
	CU_ASSERT_EQUAL(count, 0);
	CU_ASSERT(!mv_names_find(names, 3, &answer));
	objects = mv_names_missing(names, &count);
	CU_ASSERT(count == 1 && strstr(objects[0].path, "gone.so") && objects[0].module->build_id[0] == 0xa0);
	mv_names_close(names);
	CU_ASSERT_EQUAL_FATAL(mv_names_open(bundle.packed, NULL, &names), 0);
	objects = mv_names_objects(names, &count);
	CU_ASSERT(count == 3 && objects[1].state == MV_SYMBOLS_HERE && objects[2].state == MV_SYMBOLS_ABSENT);
	mv_names_close(names);
	bundle_close(&bundle);
}

static void names_survive_copies_and_recovery(void)
{
	struct mv_copy_label label = {MV_FILE_FINISHED, MV_REASON_NONE, 1};
	struct mv_recovered recovered;
	struct mv_recording *again;
	struct mv_copy copy;
	struct bundle bundle;
	int err, is_recovered;

	if (!bundle_open(&bundle))
		return;
	for (is_recovered = 0; is_recovered < 2; is_recovered++) {
		err = is_recovered ? mv_recover(bundle.copy.bytes, bundle.copy.size_bytes, &copy, &recovered, NULL)
				   : mv_copy_take(bundle.copy.bytes, &label, &copy, NULL);
		CU_ASSERT_EQUAL_FATAL(err, 0);
		CU_ASSERT_EQUAL_FATAL(mv_recording_open_image(copy.bytes, copy.size_bytes, &again, NULL), 0);
		check_places(&bundle, again);
		mv_recording_close(again);
		mv_copy_release(&copy);
	}
	bundle_close(&bundle);
}

/* What a copy by an older version leaves in the header: a region that the file does not have.  */
static void a_region_of_a_later_version_does_not_count(void)
{
	struct mv_file_header *header;
	struct mv_recording *older;
	struct mv_copy copy;
	struct bundle bundle;
	uint32_t count;

	if (!bundle_open(&bundle))
		return;
	header = bundle.copy.bytes;
	header->version_minor = 0;
	header->regions[MV_REGION_NAMES] = (struct mv_region){1 << 30, 1 << 20};
	header->checksums[MV_REGION_NAMES] = 1;
	mv_image_seal_layout(header);
	mv_image_seal_state(header);
	CU_ASSERT_EQUAL_FATAL(mv_recording_open_image(header, bundle.copy.size_bytes, &older, NULL), 0);
	CU_ASSERT_PTR_NULL(mv_table_names(older, 1, &count));
	mv_recording_close(older);
	CU_ASSERT_EQUAL_FATAL(mv_copy_take(header, &(struct mv_copy_label){MV_FILE_FINISHED, MV_REASON_NONE, 1}, &copy, NULL), 0);
	CU_ASSERT_EQUAL(((struct mv_file_header *)copy.bytes)->used_bytes[MV_REGION_NAMES], 0);
	mv_copy_release(&copy);
	bundle_close(&bundle);
}

static void impossible_names_are_found(void)
{
	struct mv_verified verified;
	struct mv_diag diag = {0};
	struct mv_name *names;
	struct bundle bundle;
	uint64_t used;
	int i;

	if (!bundle_open(&bundle))
		return;
	CU_ASSERT_EQUAL(mv_verify(bundle.packed, &verified, NULL), 0);
	names = (struct mv_name *)mv_recording_region(bundle.packed, MV_REGION_NAMES, &used);
	CU_ASSERT_EQUAL_FATAL(used, 4 * sizeof *names);
	for (i = 0; i < 3; i++) {
		struct mv_name right = names[3];

		names[3] = i == 0 ? (struct mv_name){.frame = 77} : i == 1 ? (struct mv_name){.frame = 0} : right;
		names[3].function = i == 2 ? 0x123457 : 0;
		CU_ASSERT_EQUAL(mv_verify(bundle.packed, &verified, &diag), -EINVAL);
		CU_ASSERT(strstr(diag.text, "name of a native frame") != NULL);
		names[3] = right;
	}
	bundle_close(&bundle);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_packed_recording_shows_the_same_without_the_objects),
	HARNESS_TEST(what_is_missing_is_listed),
	HARNESS_TEST(names_survive_copies_and_recovery),
	HARNESS_TEST(a_region_of_a_later_version_does_not_count),
	HARNESS_TEST(impossible_names_are_found),
};
HARNESS_MAIN("packed", tests)
