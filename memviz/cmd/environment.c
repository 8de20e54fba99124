/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "read/array.h"

static char **entry_of(const struct mv_environment *environment, const char *name)
{
	size_t i, length = strlen(name);

	for (i = 0; i < environment->count; i++)
		if (!strncmp(environment->at[i], name, length) && environment->at[i][length] == '=')
			return &environment->at[i];
	return NULL;
}

/* Takes over ENTRY; NULL: there was no memory for it.  */
static void append(struct mv_environment *environment, char *entry)
{
	if (!entry || mv_array_grow(&environment->at, &environment->room, environment->count + 1, sizeof entry)) {
		free(entry);
		environment->is_broken = true;
		return;
	}
	environment->at[environment->count++] = entry;
	environment->at[environment->count] = NULL;
}

void mv_environment_open(struct mv_environment *environment)
{
	char **entry;

	memset(environment, 0, sizeof *environment);
	for (entry = environ; *entry; entry++)
		append(environment, strdup(*entry));
}

void mv_environment_close(struct mv_environment *environment)
{
	size_t i;

	for (i = 0; i < environment->count; i++)
		free(environment->at[i]);
	free(environment->at);
	memset(environment, 0, sizeof *environment);
}

const char *mv_environment_get(const struct mv_environment *environment, const char *name)
{
	char **entry = entry_of(environment, name);

	return entry ? *entry + strlen(name) + 1 : NULL;
}

void mv_environment_set(struct mv_environment *environment, const char *name, const char *value)
{
	char **old = entry_of(environment, name), *entry = NULL;

	if (asprintf(&entry, "%s=%s", name, value) < 0)
		entry = NULL;
	if (!old || !entry) {
		append(environment, entry);
		return;
	}
	free(*old);
	*old = entry;
}

void mv_environment_prepend(struct mv_environment *environment, const char *name, const char *value, char separator)
{
	const char *old = mv_environment_get(environment, name);
	char *joined = NULL;

	if (!old || !*old) {
		mv_environment_set(environment, name, value);
		return;
	}
	if (asprintf(&joined, "%s%c%s", value, separator, old) < 0) {
		environment->is_broken = true;
		return;
	}
	mv_environment_set(environment, name, joined);
	free(joined);
}
