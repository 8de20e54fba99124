/* SPDX-License-Identifier: Apache-2.0 */
/* The library brings along a client for HTTP and all that it needs: it is loaded only when it is asked for.  */
#include "symbol/debuginfod.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* debuginfod_find_debuginfo(3), of elfutils.  */
struct client {
	void *(*begin)(void);
	int (*find)(void *client, const unsigned char *build_id, int bytes, char **path);
	void (*end)(void *client);
};

static bool load(struct client *client)
{
	void *library = dlopen("libdebuginfod.so.1", RTLD_LAZY | RTLD_NODELETE);

	if (!library)
		return false;
	client->begin = (void *(*)(void))dlsym(library, "debuginfod_begin");
	client->find = (int (*)(void *, const unsigned char *, int, char **))dlsym(library, "debuginfod_find_debuginfo");
	client->end = (void (*)(void *))dlsym(library, "debuginfod_end");
	return client->begin && client->find && client->end;
}

static bool ask(const struct client *client, const uint8_t *build_id, uint32_t bytes, char *path, size_t size)
{
	void *session = client->begin();
	bool is_found = false;
	char *found = NULL;
	int fd = session ? client->find(session, build_id, (int)bytes, &found) : -1;

	if (fd >= 0) {
		close(fd);
		is_found = found && strlen(found) < size;
		if (is_found)
			strcpy(path, found);
		free(found);
	}
	if (session)
		client->end(session);
	return is_found;
}

/* It stays loaded: what it brings along has threads and handlers of its own.  */
bool mv_debuginfod_find(const uint8_t *build_id, uint32_t bytes, char *path, size_t size)
{
	struct client client;

	return load(&client) && ask(&client, build_id, bytes, path, size);
}
