/* SPDX-License-Identifier: Apache-2.0 */
#include "symbol/levels.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>

#include "symbol/intervals.h"

/* Types can hold functions that lie in namespaces that lie in types …  */
enum { NESTING_MAX = 32 };

struct unit {
	Dwarf_Off die;
	struct mv_intervals functions; /* VALUE: offset of the function's entry */
	bool is_read;
};

struct mv_levels {
	Dwarf *dwarf;
	struct unit *units;
	size_t unit_count;
	struct mv_intervals ranges; /* of units; VALUE: index of the unit */
};

/* ---- reading ---- */

/* What the linker left out begins at 0.  */
static bool add_ranges(struct mv_intervals *intervals, Dwarf_Die *die, uint64_t value)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t at = 0;

	while ((at = dwarf_ranges(die, at, &base, &start, &end)) > 0) {
		struct mv_interval range = {.start = start, .end = end, .value = value};

		if (start && end > start && mv_intervals_add(intervals, &range))
			return false;
	}
	return true;
}

static size_t count_units(Dwarf *dwarf)
{
	Dwarf_Off at = 0, next;
	size_t count = 0, bytes;

	for (; !dwarf_nextcu(dwarf, at, &next, &bytes, NULL, NULL, NULL) && next > at; at = next)
		count++;
	return count;
}

static bool read_units(struct mv_levels *levels)
{
	size_t header_bytes, count = count_units(levels->dwarf);
	Dwarf_Off at = 0, next;
	Dwarf_Die die;

	levels->units = calloc(count + 1, sizeof *levels->units);
	for (; levels->units && levels->unit_count < count; at = next) {
		struct unit *unit = &levels->units[levels->unit_count];

		if (dwarf_nextcu(levels->dwarf, at, &next, &header_bytes, NULL, NULL, NULL))
			break;
		unit->die = at + header_bytes;
		if (dwarf_offdie(levels->dwarf, unit->die, &die) && !add_ranges(&levels->ranges, &die, levels->unit_count))
			return false;
		levels->unit_count++;
	}
	mv_intervals_sort(&levels->ranges);
	return levels->units && levels->ranges.count;
}

struct mv_levels *mv_levels_open(const struct mv_elffile *file)
{
	struct mv_levels *levels = file->elf ? calloc(1, sizeof *levels) : NULL;

	if (!levels)
		return NULL;
	levels->dwarf = dwarf_begin_elf(file->elf, DWARF_C_READ, NULL);
	if (levels->dwarf && read_units(levels))
		return levels;
	mv_levels_close(levels);
	return NULL;
}

void mv_levels_close(struct mv_levels *levels)
{
	size_t i;

	if (!levels)
		return;
	for (i = 0; i < levels->unit_count; i++)
		mv_intervals_release(&levels->units[i].functions);
	mv_intervals_release(&levels->ranges);
	free(levels->units);
	dwarf_end(levels->dwarf);
	free(levels);
}

/* ---- functions of a unit ---- */

static bool holds_functions(int tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_structure_type || tag == DW_TAG_class_type ||
	       tag == DW_TAG_union_type || tag == DW_TAG_enumeration_type;
}

static void add_functions(struct mv_intervals *functions, Dwarf_Die *parent, int nesting)
{
	Dwarf_Die die;
	int end = dwarf_child(parent, &die);

	for (; end == 0; end = dwarf_siblingof(&die, &die)) {
		int tag = dwarf_tag(&die);

		if (tag == DW_TAG_subprogram)
			add_ranges(functions, &die, dwarf_dieoffset(&die));
		else if (holds_functions(tag) && nesting < NESTING_MAX)
			add_functions(functions, &die, nesting + 1);
	}
}

static struct unit *unit_around(struct mv_levels *levels, uint64_t address, Dwarf_Die *die)
{
	const struct mv_interval *range = mv_intervals_around(&levels->ranges, address);
	struct unit *unit = range ? &levels->units[range->value] : NULL;

	if (!unit || !dwarf_offdie(levels->dwarf, unit->die, die))
		return NULL;
	if (!unit->is_read) {
		add_functions(&unit->functions, die, 0);
		mv_intervals_sort(&unit->functions);
		unit->is_read = true;
	}
	return unit;
}

/* ---- one address ---- */

static bool is_block(int tag)
{
	return tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine || tag == DW_TAG_try_block ||
	       tag == DW_TAG_catch_block;
}

/* Compilers leave the addresses of a block out that has nothing of its own but other blocks.  */
static bool is_shell(Dwarf_Die *block)
{
	return dwarf_tag(block) == DW_TAG_lexical_block && !dwarf_hasattr(block, DW_AT_low_pc) &&
	       !dwarf_hasattr(block, DW_AT_ranges);
}

/* The outermost block within PARENT that ADDRESS is in.  */
static bool block_within(Dwarf_Die *parent, uint64_t address, Dwarf_Die *block, int nesting)
{
	Dwarf_Die child;
	int end = dwarf_child(parent, &child);

	for (; end == 0; end = dwarf_siblingof(&child, &child)) {
		if (is_block(dwarf_tag(&child)) && dwarf_haspc(&child, address) > 0) {
			*block = child;
			return true;
		}
		if (nesting < NESTING_MAX && is_shell(&child) && block_within(&child, address, block, nesting + 1))
			return true;
	}
	return false;
}

/* The function around ADDRESS and what was inlined there, outermost first.  */
static unsigned descend(struct mv_levels *levels, const struct unit *unit, uint64_t address, Dwarf_Die path[MV_LEVELS_MAX])
{
	const struct mv_interval *function = mv_intervals_around(&unit->functions, address);
	unsigned depth = 0, blocks = 0;
	Dwarf_Die die, inner;

	if (!function || !dwarf_offdie(levels->dwarf, function->value, &die))
		return 0;
	path[depth++] = die;
	for (; depth < MV_LEVELS_MAX && blocks < 16 * MV_LEVELS_MAX && block_within(&die, address, &inner, 0); blocks++) {
		die = inner;
		if (dwarf_tag(&die) == DW_TAG_inlined_subroutine)
			path[depth++] = die;
	}
	return depth;
}

static void name(struct mv_level *level, Dwarf_Die *function)
{
	Dwarf_Attribute attribute;

	level->function = dwarf_formstring(dwarf_attr_integrate(function, DW_AT_linkage_name, &attribute));
	if (!level->function)
		level->function = dwarf_formstring(dwarf_attr_integrate(function, DW_AT_MIPS_linkage_name, &attribute));
	level->is_linkage = level->function;
	if (!level->function)
		level->function = dwarf_diename(function);
}

/* Where the inlined function CALLEE was called.  */
static void place_call(struct mv_level *level, Dwarf_Die *unit, Dwarf_Die *callee)
{
	Dwarf_Attribute attribute;
	Dwarf_Word file, line;
	Dwarf_Files *files;
	size_t count;

	if (!dwarf_formudata(dwarf_attr(callee, DW_AT_call_line, &attribute), &line) && line <= UINT32_MAX)
		level->line = (uint32_t)line;
	if (!dwarf_formudata(dwarf_attr(callee, DW_AT_call_file, &attribute), &file) &&
	    !dwarf_getsrcfiles(unit, &files, &count) && file < count)
		level->file = dwarf_filesrc(files, file, NULL, NULL);
}

static void place_line(struct mv_level *level, Dwarf_Die *unit, uint64_t address)
{
	Dwarf_Line *line = dwarf_getsrc_die(unit, address);
	int number = 0;

	if (!line)
		return;
	dwarf_lineno(line, &number);
	level->file = dwarf_linesrc(line, NULL, NULL);
	level->line = number > 0 ? (uint32_t)number : 0;
}

unsigned mv_levels_find(struct mv_levels *levels, uint64_t address, struct mv_level found[MV_LEVELS_MAX])
{
	Dwarf_Die unit_die, path[MV_LEVELS_MAX];
	struct unit *unit = unit_around(levels, address, &unit_die);
	unsigned i, count = unit ? descend(levels, unit, address, path) : 0;

	if (!unit)
		return 0;
	for (i = 0; i < count; i++) {
		found[i] = (struct mv_level){NULL, NULL, 0, false};
		name(&found[i], &path[count - 1 - i]);
		if (i)
			place_call(&found[i], &unit_die, &path[count - i]);
	}
	if (!count)
		found[count++] = (struct mv_level){NULL, NULL, 0, false};
	place_line(&found[0], &unit_die, address);
	return found[0].function || found[0].file ? count : 0;
}
