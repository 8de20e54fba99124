# SPDX-License-Identifier: Apache-2.0
# The names of names/libcuda that a driver of VERSION (11080) had already, but for the one called HIDDEN.
#
#   awk -f older.awk -v version=11080 -v hidden=cuGetProcAddress_v2 names/entries names/libcuda

FILENAME ~ /entries$/ {
	if (/^#/)
		next
	if (!($3 in since) || $2 < since[$3])
		since[$3] = $2
	next
}

$1 != hidden && !(since[$1] > version)
