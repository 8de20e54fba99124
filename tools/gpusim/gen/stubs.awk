# SPDX-License-Identifier: Apache-2.0
# Writes the generated part of a stand-in: a weak function for every public name, so that any program that links the
# library loads; what is written by hand takes its place.
#
#   awk -f stubs.awk -v library=libcublas -v error=15 names/kinds names/libcublas

BEGIN {
	print "/* Generated from tools/gpusim/names by tools/gpusim/gen/stubs.awk.  */"
	print "#include \"gpusim/common/notice.h\""
	print ""
	print "long mv_stub_launch(const void *handle);"
}

FILENAME ~ /kinds$/ {
	if ($0 !~ /^#/ && NF == 3 && $1 == library) {
		rows++
		pattern[rows] = "^(" $2 ")$"
		kind[rows] = $3
	}
	next
}

function kind_of(name,    i) {
	for (i = 1; i <= rows; i++)
		if (name ~ pattern[i])
			return kind[i]
	return "refuse"
}

function define(name, arguments, body) {
	printf "\n__attribute__((weak, visibility(\"default\"))) long %s(%s);\n", name, arguments
	printf "long %s(%s)\n{\n%s}\n", name, arguments, body
}

{
	what = kind_of($1)
	if (what == "quiet")
		define($1, "void", "\treturn 0;\n")
	else if (what == "launch")
		define($1, "const void *handle", "\treturn mv_stub_launch(handle);\n")
	else
		define($1, "void", "\tstatic int seen;\n\n\treturn mv_notice_refusal(\"" $1 "\", &seen, " error ");\n")
}
