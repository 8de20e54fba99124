/* SPDX-License-Identifier: Apache-2.0 */
/* Who is being recorded: what the program is called, which rank it is, and what its recording is to be called.
 *
 * Memory: the caller's.  Threads: the environment is read while another thread might change it, once, when recording
 * begins.  */
#ifndef SESSION_PROCESS_H
#define SESSION_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "memviz/format.h"

/* Fill HEADER's part about the process: pid to program.  */
void mv_process_describe(struct mv_file_header *header);

/* The number of this process as /proc's namespace knows it, if that is not its own: in a container, with the host's /proc;
 * 0: it is, or it is not known.  */
uint32_t mv_process_outer_pid(void);

/* Append the command that runs: the names of the program and, for Python, of its script or module, without their folders;
 * IS_WHOLE: all of it, as it was given.  Arguments may be secrets, so they are only told on request.  */
void mv_process_add_command(struct mv_text *text, bool is_whole);

/* Append the id of the parent process and its program's name: "4711 (torchrun)".  */
void mv_process_add_parent(struct mv_text *text);

/* The value of NAME in the environment as it is now, "" if it is not there.  */
const char *mv_process_environment(const char *name);

/* Write the name of the recording of the process that HEADER describes into PATH[SIZE]: absolute, in FOLDER ("": where
 * the program runs), PROGRAM[-rankR]-PID[-N].memviz; N is there from the second ATTEMPT on, where the name is taken: by
 * a process that has replaced itself, or by an earlier one with that id.  It is the second of the epoch, and more with
 * each attempt.  -ENAMETOOLONG; -errno if there is no current folder.  */
int mv_process_name_recording(const struct mv_file_header *header, const char *folder, unsigned attempt, char *path,
			      size_t size);

/* Write the name of snapshot NUMBER taken for WHICH ("oom") of RECORDING, NAME.memviz, into PATH[SIZE]: NAME.WHICH1.memviz,
 * beside it.  */
void mv_process_name_snapshot(const char *recording, const char *which, uint32_t number, char *path, size_t size);

#endif
