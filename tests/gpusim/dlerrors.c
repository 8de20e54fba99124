/* SPDX-License-Identifier: Apache-2.0 */
/* dlerrors: looks functions up that are there and that are not, and prints what dlerror says each time, but for the name of
 * the object that asked.  */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static void say(const char *name, const void *found)
{
	const char *error = dlerror(), *what = error ? strstr(error, "undefined symbol") : NULL;

	printf("%s: %s, %s\n", name, found ? "found" : "not found", what ? what : error ? error : "no error");
}

static void ask_all(void *driver)
{
	void *const handles[] = {RTLD_DEFAULT, RTLD_NEXT, dlopen(NULL, RTLD_NOW), dlopen("libm.so.6", RTLD_NOW), driver};
	static const char *const names[] = {"cuMemAlloc_v2", "cudaMalloc", "cosine"};
	size_t i, j;

	for (i = 0; i < sizeof handles / sizeof *handles; i++)
		for (j = 0; j < sizeof names / sizeof *names; j++) {
			say(names[j], dlsym(handles[i], names[j]));
			/* The message of the one before is not taken, and not meant.  */
			dlsym(RTLD_DEFAULT, "nothing");
			say(names[j], dlsym(handles[i], names[j]));
		}
}

int main(void)
{
	ask_all(RTLD_DEFAULT);
	ask_all(dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL));
	return 0;
}
