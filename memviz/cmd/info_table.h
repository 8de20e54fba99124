/* SPDX-License-Identifier: Apache-2.0 */
/* Recordings of one job beside each other: a line for each, by rank.  */
#ifndef CMD_INFO_TABLE_H
#define CMD_INFO_TABLE_H

/* Print a table of the recordings in FOLDER, those without a rank at the end, snapshots left out.  Returns MV_EXIT_INPUT if
 * there is none, or one that cannot be read; a line on stderr says so.  */
int mv_info_table(const char *folder);

#endif
