/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/rulebook.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/index.h"
#include "analyze/native_names.h"
#include "analyze/replay.h"
#include "base/text.h"
#include "read/array.h"
#include "read/table.h"

#define BLANKS " \t\r"

enum { LINE_BYTES = 1024, FILE_BYTES = 1 << 20, CONDITIONS = 8, FRAME_BYTES = 2048 };

enum subject { SUBJECT_STACK, SUBJECT_NAME, SUBJECT_PHASE, SUBJECT_SIZE, SUBJECT_LIFE, SUBJECTS };

struct condition {
	enum subject subject;
	bool is_least;	/* of limits: >=, else <= */
	uint64_t limit; /* bytes, ns, or enum mv_phase */
	size_t pattern; /* where in the book's texts it begins */
};

struct rule {
	enum mv_band band;
	struct condition conditions[CONDITIONS];
	size_t count;
};

struct mv_rulebook {
	struct rule *rules;
	size_t count, room;
	char *text; /* a copy; each word ends with a zero */
	const struct mv_symbols_sources *sources; /* NULL: the objects themselves */
};

/* ---- reading ---- */

static int refuse(struct mv_diag *diag, size_t line, const char *what)
{
	char bytes[sizeof diag->text];
	struct mv_text text = mv_text_in(bytes, sizeof bytes);

	mv_text_add(&text, "line ");
	mv_text_add_u64(&text, line);
	mv_text_add(&text, ": ");
	mv_text_add(&text, what);
	return mv_diag_set(diag, -EBADMSG, 0, bytes);
}

static bool find_band(const char *word, enum mv_band *band)
{
	int i;

	for (i = 0; i < MV_BAND_COUNT; i++)
		if (mv_text_equal(word, mv_band_name((enum mv_band)i))) {
			*band = (enum mv_band)i;
			return true;
		}
	return false;
}

static bool find_phase(const char *word, uint64_t *phase)
{
	static const enum mv_phase phases[] = {MV_PHASE_NONE, MV_PHASE_BACKWARD, MV_PHASE_OPTIMIZER, MV_PHASE_USER};
	size_t i;

	for (i = 0; i < sizeof phases / sizeof *phases; i++)
		if (mv_text_equal(word, mv_phase_name(phases[i]))) {
			*phase = phases[i];
			return true;
		}
	return false;
}

static bool read_value(struct condition *condition, const char *value)
{
	switch (condition->subject) {
	case SUBJECT_STACK:
	case SUBJECT_NAME:
		return *value != '\0';
	case SUBJECT_PHASE:
		return find_phase(value, &condition->limit);
	case SUBJECT_SIZE:
		return !mv_text_parse_size(value, &condition->limit);
	case SUBJECT_LIFE:
		return !mv_text_parse_time(value, &condition->limit);
	case SUBJECTS:
		break;
	}
	return false;
}

/* WORD is "size>=1MiB".  */
static bool read_condition(struct mv_rulebook *book, const char *word, struct condition *condition)
{
	static const char *const names[SUBJECTS] = {"stack", "name", "phase", "size", "life"};
	size_t length = strcspn(word, "<>="), i;
	const char *sign = word + length;
	bool is_limit = sign[0] && sign[0] != '=' && sign[1] == '=';

	for (i = 0; i < SUBJECTS && (strlen(names[i]) != length || memcmp(word, names[i], length)); i++)
		;
	if (i == SUBJECTS || (!is_limit && *sign != '='))
		return false;
	condition->subject = (enum subject)i;
	condition->is_least = *sign == '>';
	sign += is_limit ? 2 : 1;
	condition->pattern = (size_t)(sign - book->text);
	return is_limit == (i == SUBJECT_SIZE || i == SUBJECT_LIFE) && read_value(condition, sign);
}

/* LINE ends with a zero, and is cut into words.  */
static int read_line(struct mv_rulebook *book, char *line, size_t number, struct mv_diag *diag)
{
	struct rule rule = {.count = 0};
	char *rest = NULL, *word = strtok_r(line, BLANKS, &rest);

	if (!word || *word == '#')
		return 0;
	if (!find_band(word, &rule.band))
		return refuse(diag, number, "begins with no band: parameter, gradient, optimizer, activation, temporary, other");
	while ((word = strtok_r(NULL, BLANKS, &rest))) {
		if (rule.count == CONDITIONS)
			return refuse(diag, number, "has more than 8 conditions");
		if (!read_condition(book, word, &rule.conditions[rule.count++]))
			return refuse(diag, number, "a condition, or its value, is none that memviz-report(1) has");
	}
	if (!rule.count)
		return refuse(diag, number, "has no condition");
	if (mv_array_grow(&book->rules, &book->room, book->count, sizeof rule))
		return mv_diag_set(diag, -ENOMEM, 0, "out of memory");
	book->rules[book->count++] = rule;
	return 0;
}

static int read_lines(struct mv_rulebook *book, size_t length, struct mv_diag *diag)
{
	char *line = book->text, *end = book->text + length;
	size_t number;
	int err = 0;

	for (number = 1; line < end && !err; number++) {
		size_t bytes = strcspn(line, "\n");

		if (line + bytes < end && line[bytes] == '\0')
			return refuse(diag, number, "is no text");
		if (bytes > LINE_BYTES)
			return refuse(diag, number, "is longer than 1024 bytes");
		line[bytes] = '\0';
		err = read_line(book, line, number, diag);
		line += bytes + 1;
	}
	return err;
}

int mv_rulebook_parse(const char *text, size_t length, struct mv_rulebook **book, struct mv_diag *diag)
{
	struct mv_rulebook *made = calloc(1, sizeof *made);
	int err;

	*book = NULL;
	if (made)
		made->text = malloc(length + 1);
	if (!made || !made->text) {
		mv_rulebook_close(made);
		return mv_diag_set(diag, -ENOMEM, 0, "out of memory");
	}
	memcpy(made->text, text, length);
	made->text[length] = '\0';
	err = read_lines(made, length, diag);
	if (err)
		mv_rulebook_close(made);
	else
		*book = made;
	return err;
}

int mv_rulebook_open(const char *path, struct mv_rulebook **book, struct mv_diag *diag)
{
	FILE *file = fopen(path, "re");
	char *text = malloc(FILE_BYTES);
	size_t length = file && text ? fread(text, 1, FILE_BYTES, file) : 0;
	int err = 0;

	*book = NULL;
	if (!file || ferror(file))
		err = mv_diag_set(diag, -errno, 0, strerror(errno));
	else if (!text)
		err = mv_diag_set(diag, -ENOMEM, 0, "out of memory");
	else if (length == FILE_BYTES)
		err = mv_diag_set(diag, -EFBIG, 0, "longer than a mebibyte");
	if (!err)
		err = mv_rulebook_parse(text, length, book, diag);
	if (file)
		fclose(file);
	free(text);
	return err;
}

void mv_rulebook_use_names(struct mv_rulebook *book, const struct mv_symbols_sources *sources)
{
	book->sources = sources;
}

void mv_rulebook_close(struct mv_rulebook *book)
{
	if (!book)
		return;
	free(book->rules);
	free(book->text);
	free(book);
}

/* ---- applying ---- */

struct judge {
	const struct mv_rulebook *book;
	const struct mv_replay *replay;
	struct mv_index stacks; /* by pattern and stack: 1 + whether it fits */
	struct mv_names *names; /* of native functions; NULL: none was asked for yet */
};

static bool fits_function(const char *pattern, const char *file, const char *function)
{
	char bytes[FRAME_BYTES];
	struct mv_text text = mv_text_in(bytes, sizeof bytes);

	mv_text_add(&text, file);
	mv_text_add(&text, ":");
	mv_text_add(&text, function);
	return !fnmatch(pattern, bytes, 0);
}

/* Names may have to be read from libraries, which a pattern that only fits Python's files is not worth.  */
static bool is_for_python(const char *pattern)
{
	return strstr(pattern, ".py:");
}

static bool fits_native(struct judge *judge, uint32_t frame, const char *file, const char *pattern)
{
	struct mv_symbols_answer answer;
	uint32_t i;

	if (!judge->names && mv_names_open(judge->replay->recording, judge->book->sources, &judge->names))
		return false;
	if (!mv_names_find(judge->names, frame, &answer))
		return false;
	for (i = 0; i < answer.level_count; i++)
		if (answer.levels[i].function && fits_function(pattern, file, answer.levels[i].function))
			return true;
	return false;
}

static bool fits_frame(struct judge *judge, uint32_t number, enum mv_frame_kind kind, const char *pattern)
{
	const struct mv_recording *recording = judge->replay->recording;
	const struct mv_frame *frame = mv_table_frame(recording, number);
	const struct mv_module *module;

	if (!frame || frame->kind != (uint32_t)kind)
		return false;
	if (kind == MV_FRAME_PYTHON)
		return fits_function(pattern, mv_recording_text(recording, frame->a),
				     mv_recording_text(recording, (uint32_t)frame->b));
	module = mv_table_module(recording, frame->a);
	return fits_native(judge, number, module ? mv_recording_text(recording, module->path) : "", pattern);
}

/* Python's frames, which cost nothing, first.  */
static bool fits_stack(struct judge *judge, uint32_t stack, const char *pattern)
{
	static const enum mv_frame_kind kinds[] = {MV_FRAME_PYTHON, MV_FRAME_NATIVE};
	uint32_t frames[MV_TABLE_STACK_FRAMES], i,
		count = mv_table_stack(judge->replay->recording, stack, frames, MV_TABLE_STACK_FRAMES);
	size_t k, kind_count = is_for_python(pattern) ? 1 : 2;

	for (k = 0; k < kind_count; k++)
		for (i = 0; i < count; i++)
			if (fits_frame(judge, frames[i], kinds[k], pattern))
				return true;
	return false;
}

static bool has_stack(struct judge *judge, uint32_t stack, size_t pattern)
{
	uint32_t *known = mv_index_at(&judge->stacks, stack, pattern, 0);
	bool fits;

	if (known && *known)
		return *known - 1;
	fits = fits_stack(judge, stack, judge->book->text + pattern);
	if (known)
		*known = 1 + fits;
	return fits;
}

static bool is_within(const struct condition *condition, uint64_t value)
{
	return condition->is_least ? value >= condition->limit : value <= condition->limit;
}

static bool has_life(const struct judge *judge, const struct condition *condition, const struct mv_block *block)
{
	bool is_alive = block->death_ns == MV_TIME_NEVER;
	uint64_t end_ns = is_alive ? judge->replay->end_ns : block->death_ns;

	return (condition->is_least || !is_alive) && is_within(condition, end_ns - block->birth_ns);
}

static bool holds(struct judge *judge, const struct condition *condition, const struct mv_block *block)
{
	switch (condition->subject) {
	case SUBJECT_STACK:
		return block->stack && has_stack(judge, block->stack, condition->pattern);
	case SUBJECT_NAME:
		return block->name && !fnmatch(judge->book->text + condition->pattern,
					       mv_recording_text(judge->replay->recording, block->name), 0);
	case SUBJECT_PHASE:
		return mv_text_equal(mv_phase_name((enum mv_phase)block->phase), mv_phase_name((enum mv_phase)condition->limit));
	case SUBJECT_SIZE:
		return is_within(condition, block->size_bytes);
	case SUBJECT_LIFE:
		return has_life(judge, condition, block);
	case SUBJECTS:
		break;
	}
	return false;
}

static bool fits(struct judge *judge, const struct rule *rule, const struct mv_block *block)
{
	size_t i;

	for (i = 0; i < rule->count; i++)
		if (!holds(judge, &rule->conditions[i], block))
			return false;
	return true;
}

static const struct rule *find_rule(struct judge *judge, const struct mv_block *block)
{
	size_t i;

	for (i = 0; i < judge->book->count; i++)
		if (fits(judge, &judge->book->rules[i], block))
			return &judge->book->rules[i];
	return NULL;
}

void mv_rulebook_apply(const struct mv_rulebook *book, const struct mv_timeline *timeline, struct mv_replay *replay)
{
	struct judge judge = {.book = book, .replay = replay};
	size_t i;

	for (i = 0; book && i < replay->block_count; i++) {
		struct mv_block *block = &replay->blocks[i];
		const struct rule *rule = mv_timeline_is_banded(timeline, block) ? find_rule(&judge, block) : NULL;

		if (!rule)
			continue;
		block->band = (uint8_t)rule->band;
		block->reason = MV_REASON_RULED;
	}
	mv_names_close(judge.names);
	mv_index_release(&judge.stacks);
}
