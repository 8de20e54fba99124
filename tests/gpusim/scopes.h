/* SPDX-License-Identifier: Apache-2.0 */
/* Libraries that look up names from where they are: what RTLD_NEXT and RTLD_DEFAULT mean depends on who calls.  Each is
 * built without optimisation and with it, since what is a call in one is a jump in the other.  */
#ifndef GPUSIM_SCOPES_H
#define GPUSIM_SCOPES_H

#include <stdint.h>

/* Defined in three libraries of which each asks the next: how many are behind the caller's own, and itself.  */
int scopes_depth(void);

/* What NAME means by RTLD_DEFAULT and RTLD_NEXT in the plugin.  */
void *scopes_default(const char *name);
void *scopes_next(const char *name);

/* Load LIBRARY, which is where the plugin's own search path leads, and no other.  */
void *scopes_load(const char *library);

/* Allocate 1 MiB by the function that the plugin is bound to, and by the one that it finds by RTLD_DEFAULT.  */
int scopes_allocate(uint64_t *bound, uint64_t *found);

/* Only in a library that the plugin brings along.  */
int scopes_hidden(void);

#endif
