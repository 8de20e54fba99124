/* SPDX-License-Identifier: Apache-2.0 */
/* names COUNT [CACHE]: names for COUNT addresses, evenly over the code of the objects whose paths are read from stdin,
 * and, in a second line, out of the cache in the folder CACHE.  Prints milliseconds, those of them on a processor, and
 * how many had a name.
 * MEMVIZ_DEBUG_DIR: where debug information lies.  */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/measure.h"
#include "symbol/elffile.h"
#include "symbol/symbols.h"

enum { OBJECTS_MAX = 512, ID_BYTES = 20 };

struct object {
	char path[1024];
	uint8_t build_id[ID_BYTES];
	uint32_t build_id_bytes;
	uint64_t code, code_bytes; /* of its first segment that can be run */
};

static struct object g_objects[OBJECTS_MAX];
static uint32_t g_count;
static uint64_t g_code_bytes;

static bool look_at(struct object *object)
{
	struct mv_elffile file;
	const uint8_t *id;
	size_t i, count = 0;
	GElf_Phdr segment;

	if (!mv_elffile_open(&file, object->path))
		return false;
	object->build_id_bytes = mv_elffile_build_id(&file, &id) >= ID_BYTES ? ID_BYTES : 0;
	if (object->build_id_bytes)
		memcpy(object->build_id, id, ID_BYTES);
	elf_getphdrnum(file.elf, &count);
	for (i = 0; i < count && !object->code_bytes && gelf_getphdr(file.elf, (int)i, &segment); i++) {
		if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X))
			continue;
		object->code = segment.p_vaddr;
		object->code_bytes = segment.p_filesz;
	}
	mv_elffile_close(&file);
	return object->build_id_bytes && object->code_bytes;
}

static void read_objects(void)
{
	struct object *object = g_objects;

	while (g_count < OBJECTS_MAX && scanf("%1023s", object->path) == 1) {
		if (!look_at(object)) {
			memset(object, 0, sizeof *object);
			continue;
		}
		g_code_bytes += object->code_bytes;
		object = &g_objects[++g_count];
	}
}

/* The byte AT of all code, one object's behind the other's.  */
static bool find(struct mv_symbols *symbols, uint64_t at, struct mv_symbols_answer *answer)
{
	uint32_t i = 0;

	while (at >= g_objects[i].code_bytes)
		at -= g_objects[i++].code_bytes;
	return mv_symbols_find(symbols, i,
			       &(struct mv_symbols_object){g_objects[i].path, g_objects[i].build_id, g_objects[i].build_id_bytes},
			       g_objects[i].code + at, answer);
}

static void find_all(unsigned count, const char *cache)
{
	struct mv_symbols_sources sources = {.cache_folder = cache, .debug_folder = getenv("MEMVIZ_DEBUG_DIR")};
	struct mv_symbols *symbols = mv_symbols_open(&sources);
	double start_ns = measure_now_ns(), start_cpu = (double)clock();
	struct mv_symbols_answer answer;
	unsigned i, named = 0;

	for (i = 0; i < count; i++)
		named += find(symbols, g_code_bytes / count * i, &answer) && answer.level_count;
	mv_symbols_close(symbols);
	printf("%.2f %.2f %u\n", (measure_now_ns() - start_ns) / 1e6, ((double)clock() - start_cpu) / CLOCKS_PER_SEC * 1e3,
	       named);
}

int main(int argc, char **argv)
{
	unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;

	read_objects();
	if (!count || !g_code_bytes)
		return 1;
	find_all(count, argc > 2 ? argv[2] : NULL);
	if (argc > 2)
		find_all(count, argv[2]);
	return 0;
}
