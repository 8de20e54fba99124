/* SPDX-License-Identifier: Apache-2.0 */
/* A program that makes one call into a library of NVIDIA's: caller LIBRARY FUNCTION.  Compiled with CALLER_STATIC it has
 * the runtime within.  Whether the call succeeds is not its business: on a driver that is none it does not.
 * Exit 0: the call came back; 77: there is no such library, or it has no such function.  */
#include <dlfcn.h>
#include <stdio.h>
#include <stddef.h>

enum { UNAVAILABLE = 77, BYTES = 1000 };

/* What comes out: a pointer, a handle, or an identifier of some hundred bytes.  */
static char out[4096];

typedef int (*call_fn)(void *result, size_t size, void *none);

#ifdef CALLER_STATIC
int cudaMalloc(void *result, size_t size);

static call_fn find(char **argv)
{
	(void)argv;
	return (call_fn)(void *)cudaMalloc;
}
#else
static call_fn find(char **argv)
{
	void *library = dlopen(argv[1], RTLD_NOW);
	call_fn call = library ? (call_fn)dlsym(library, argv[2]) : NULL;

	if (!call)
		fprintf(stderr, "%s\n", dlerror());
	return call;
}
#endif

int main(int argc, char **argv)
{
	call_fn call = argc == 3 ? find(argv) : NULL;

	if (!call)
		return UNAVAILABLE;
	printf("%d\n", call(out, BYTES, NULL));
	return 0;
}
