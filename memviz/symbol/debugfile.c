/* SPDX-License-Identifier: Apache-2.0 */
#include "symbol/debugfile.h"

#include <elfutils/libdwelf.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "symbol/debuginfod.h"
#include "symbol/hex.h"

#define STANDARD_FOLDER "/usr/lib/debug"

struct search {
	const uint8_t *build_id;
	uint32_t build_id_bytes;
	const char *link; /* as the object names it; NULL: it does not */
	uint32_t crc;
	struct mv_elffile *debug;
};

/* ---- is it the right one ---- */

static bool has_crc(const struct mv_elffile *file, uint32_t wanted)
{
	size_t size;
	const char *bytes = elf_rawfile(file->elf, &size);
	uLong crc = crc32(0, NULL, 0);

	for (; bytes && size; size -= size < UINT_MAX ? size : UINT_MAX) {
		uInt part = size < UINT_MAX ? (uInt)size : UINT_MAX;

		crc = crc32(crc, (const Bytef *)bytes, part);
		bytes += part;
	}
	return bytes && crc == wanted;
}

static bool is_the_same(const struct search *search, const struct mv_elffile *file)
{
	const uint8_t *id;
	uint32_t bytes = mv_elffile_build_id(file, &id);

	if (search->build_id_bytes)
		return bytes >= search->build_id_bytes && !memcmp(id, search->build_id, search->build_id_bytes);
	return search->link && has_crc(file, search->crc);
}

static bool take(struct search *search, const char *path)
{
	if (!mv_elffile_open(search->debug, path))
		return false;
	if (is_the_same(search, search->debug))
		return true;
	mv_elffile_close(search->debug);
	return false;
}

/* ---- where it may be ---- */

static bool by_build_id(struct search *search, const char *folder)
{
	char path[PATH_MAX];
	struct mv_text text = mv_text_in(path, sizeof path);

	if (search->build_id_bytes < 2)
		return false;
	mv_text_add(&text, folder);
	mv_text_add(&text, "/.build-id/");
	mv_hex_add(&text, search->build_id, 1);
	mv_text_add(&text, "/");
	mv_hex_add(&text, search->build_id + 1, search->build_id_bytes - 1);
	mv_text_add(&text, ".debug");
	return !text.is_cut && take(search, path);
}

/* FOLDER, BELOW it, and in there the file that the object names.  */
static bool by_link(struct search *search, const char *folder, const char *below)
{
	char path[PATH_MAX];
	struct mv_text text = mv_text_in(path, sizeof path);

	mv_text_add(&text, folder);
	mv_text_add(&text, below);
	mv_text_add(&text, "/");
	mv_text_add(&text, search->link);
	return !text.is_cut && take(search, path);
}

/* NAME is a name and not a path that leads anywhere.  */
static bool find_by_link(struct search *search, const char *path, const char *own_folder)
{
	char *home = realpath(path, NULL), *slash = home ? strrchr(home, '/') : NULL;
	bool is_found = false;

	if (slash) {
		*slash = 0;
		is_found = by_link(search, home, "") || by_link(search, home, "/.debug") ||
			   (own_folder && (by_link(search, own_folder, home) || by_link(search, own_folder, ""))) ||
			   by_link(search, STANDARD_FOLDER, home);
	}
	free(home);
	return is_found;
}

bool mv_debugfile_open(struct mv_elffile *debug, const struct mv_symbols_object *object, const struct mv_elffile *file,
		       const struct mv_symbols_sources *sources)
{
	struct search search = {.build_id = object->build_id, .build_id_bytes = object->build_id_bytes, .debug = debug};
	char path[PATH_MAX];

	*debug = (struct mv_elffile){.fd = -1};
	if (file->elf)
		search.link = dwelf_elf_gnu_debuglink(file->elf, &search.crc);
	if (search.link && strchr(search.link, '/'))
		search.link = NULL;
	if ((sources->debug_folder && by_build_id(&search, sources->debug_folder)) || by_build_id(&search, STANDARD_FOLDER))
		return true;
	if (search.link && find_by_link(&search, object->path, sources->debug_folder))
		return true;
	return sources->asks_debuginfod && search.build_id_bytes &&
	       mv_debuginfod_find(search.build_id, search.build_id_bytes, path, sizeof path) && take(&search, path);
}
