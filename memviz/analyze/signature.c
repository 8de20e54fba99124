/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/signature.h"

#include <limits.h>
#include <string.h>

#include "base/text.h"

enum { SHORT_PARTS = 2 };

/* Where "(" begins the parameters, outside of <…>; "operator()" and "(anonymous namespace)" are part of names.  */
static size_t without_parameters(const char *name)
{
	size_t i;
	int depth = 0;

	for (i = 0; name[i]; i++) {
		if (name[i] == '<')
			depth++;
		else if (name[i] == '>')
			depth--;
		else if (name[i] == '(' && depth == 0 && i && !mv_text_starts(name + i, "(anonymous") &&
			 !mv_text_starts(name + i, "()"))
			break;
	}
	return i;
}

/* The last PARTS parts of the name that ends at END.  */
static size_t start_of(const char *name, size_t end, int parts)
{
	size_t start = end;
	int depth = 0;

	for (; start > 0; start--) {
		char c = name[start - 1];

		if (c == '>' || c == ')')
			depth++;
		else if (c == '<' || c == '(')
			depth--;
		else if (c == ':' && depth == 0 && start < end && name[start] != ':' && --parts == 0)
			break;
		else if (c == ' ' && depth == 0)
			break;
	}
	return start;
}

static const char *last_parts(const char *signature, int parts, size_t *length)
{
	size_t end = without_parameters(signature), start = start_of(signature, end, parts);

	*length = end - start;
	return signature + start;
}

const char *mv_signature_name(const char *signature, size_t *length)
{
	return last_parts(signature, INT_MAX, length);
}

const char *mv_signature_short(const char *signature, size_t *length)
{
	return last_parts(signature, SHORT_PARTS, length);
}

const char *mv_signature_method(const char *function)
{
	const char *dot = strrchr(function, '.');

	return dot ? dot + 1 : function;
}
