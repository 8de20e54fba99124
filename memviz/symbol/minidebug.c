/* SPDX-License-Identifier: Apache-2.0 */
#include "symbol/minidebug.h"

#include <lzma.h>
#include <stdlib.h>
#include <string.h>

/* Of the largest programs it is a few megabytes; what unpacks to more is no table of symbols.  */
enum { UNPACKED_MAX_BYTES = 64 << 20, UNPACKED_MIN_BYTES = 1 << 16, WORK_MAX_BYTES = 128 << 20 };

/* Unpack all of FROM.  Returns how many bytes, 0: it cannot be done.  */
static size_t unpack(const Elf_Data *from, void **bytes)
{
	size_t room = UNPACKED_MIN_BYTES;

	for (; room <= UNPACKED_MAX_BYTES; room *= 4) {
		uint64_t limit = WORK_MAX_BYTES;
		size_t read = 0, written = 0;
		void *grown = realloc(*bytes, room);
		lzma_ret err;

		if (!grown)
			return 0;
		*bytes = grown;
		err = lzma_stream_buffer_decode(&limit, 0, NULL, from->d_buf, &read, from->d_size, grown, &written, room);
		if (err != LZMA_BUF_ERROR)
			return err == LZMA_OK ? written : 0;
	}
	return 0;
}

bool mv_minidebug_open(struct mv_minidebug *mini, const struct mv_elffile *file)
{
	GElf_Shdr header;
	Elf_Scn *section = mv_elffile_section(file, ".gnu_debugdata", SHT_NULL, &header);
	Elf_Data *data = section ? elf_rawdata(section, NULL) : NULL;
	size_t size;

	*mini = (struct mv_minidebug){.file = {.fd = -1}};
	if (!data || !data->d_buf)
		return false;
	size = unpack(data, &mini->bytes);
	if (size && mv_elffile_open_image(&mini->file, mini->bytes, size))
		return true;
	mv_minidebug_close(mini);
	return false;
}

void mv_minidebug_close(struct mv_minidebug *mini)
{
	mv_elffile_close(&mini->file);
	free(mini->bytes);
	mini->bytes = NULL;
}
