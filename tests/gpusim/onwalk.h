/* SPDX-License-Identifier: Apache-2.0 */
/* A preloaded library that calls the program before each walk over the loader's list of objects (dl_iterate_phdr) that is
 * not part of another one.  The program finds on_walk with dlsym.  */
#ifndef GPUSIM_ONWALK_H
#define GPUSIM_ONWALK_H

/* From now on, in all threads; NULL: nobody is called.  */
void on_walk(void (*before)(void));

#endif
