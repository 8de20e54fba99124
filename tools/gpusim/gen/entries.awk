# SPDX-License-Identifier: Apache-2.0
# Writes the table that cuGetProcAddress answers from, out of names/entries, which is sorted by base name.
#
#   awk -f entries.awk names/entries

BEGIN {
	print "/* Generated from tools/gpusim/names/entries by tools/gpusim/gen/entries.awk.  */"
	print "#include \"gpusim/driver/drv_entry.h\"\n"
}

/^#/ {
	next
}

{
	rows[++count] = sprintf("\t{ \"%s\", %d, %d, (void (*)(void))%s },", $1, $2, $4 != "-", $3)
	if (!($3 in seen))
		print "void " $3 "(void);"
	seen[$3] = 1
}

END {
	print "\nconst struct mv_entry mv_entries[] = {"
	for (i = 1; i <= count; i++)
		print rows[i]
	print "};\n\nconst size_t mv_entry_count = sizeof(mv_entries) / sizeof(*mv_entries);"
}
