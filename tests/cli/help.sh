# SPDX-License-Identifier: Apache-2.0
# What --help says of each command, as the manual pages must have it.
for command in run report html pack snapshot info check; do
	memviz help $command
	echo
done
