/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/common/notice.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { LINE_BYTES = 448 };

void mv_notice(const char *format, ...)
{
	char line[LINE_BYTES] = "gpusim: ";
	const size_t start = sizeof("gpusim: ") - 1;
	int saved_errno = errno;
	size_t length;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line + start, sizeof(line) - start - 1, format, arguments);
	va_end(arguments);
	for (length = start; line[length];)
		length++;
	line[length++] = '\n';
	/* There is nobody to tell when stderr is closed.  */
	if (write(STDERR_FILENO, line, length) < 0)
		errno = saved_errno;
	errno = saved_errno;
}

long mv_notice_refusal(const char *name, int *seen, int error)
{
	if (!__atomic_exchange_n(seen, 1, __ATOMIC_RELAXED))
		mv_notice("%s is not simulated", name);
	return (unsigned int)error;
}
