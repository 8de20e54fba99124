/* SPDX-License-Identifier: Apache-2.0 */
/* Forged names: in a recording, and in a file of the cache.  */
#ifndef SUPPORT_NAMED_H
#define SUPPORT_NAMED_H

/* Put names into the recording at PATH: two functions for each native frame.  0, or -1: it cannot be done.  */
int named_pack(const char *path);

/* Write a file of the cache to PATH, with a few addresses.  0 or -1.  */
int named_cache(const char *path);

#endif
