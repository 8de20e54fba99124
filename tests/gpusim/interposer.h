/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GPUSIM_INTERPOSER_H
#define GPUSIM_INTERPOSER_H

/* What dlfcn.h declares; that says more of the arguments than an own definition would like.  */
void *dlsym(void *handle, const char *name);

#endif
