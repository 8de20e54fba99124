# SPDX-License-Identifier: Apache-2.0
# Writes a version script: the library exports the names in the list, under version NODE ("-": none), and nothing else.
#
#   awk -f map.awk -v node=libcublas.so.13 names/libcublas

BEGIN {
	print (node == "-" ? "" : node " ") "{"
	print "\tglobal:"
}

{
	print "\t\t" $1 ";"
}

END {
	print "\tlocal:"
	print "\t\t*;"
	print "};"
}
