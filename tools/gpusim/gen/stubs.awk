# SPDX-License-Identifier: Apache-2.0
# Writes the generated part of a stand-in: a weak function for every public name, so that any program that links the
# library loads; what is written by hand takes its place.
#
#   awk -f stubs.awk -v library=libcublas -v error=15 names/kinds names/libcublas

BEGIN {
	print "/* Generated from tools/gpusim/names by tools/gpusim/gen/stubs.awk.  */"
	print "#include \"gpusim/common/notice.h\""
	print "#include \"gpusim/common/vendor.h\""
}

FILENAME ~ /kinds$/ {
	if ($0 !~ /^#/ && NF >= 3 && $1 == library) {
		rows++
		pattern[rows] = "^(" $2 ")$"
		kind[rows] = $3
		bytes[rows] = $4
	}
	next
}

function row_of(name,    i) {
	for (i = 1; i <= rows; i++)
		if (name ~ pattern[i])
			return i
	return 0
}

function refuse(name, code) {
	define(name, "void", "\tstatic int seen;\n\n\treturn mv_notice_refusal(\"" name "\", &seen, " code ");\n")
}

function define(name, arguments, body) {
	printf "\n__attribute__((weak, visibility(\"default\"))) long %s(%s);\n", name, arguments
	printf "long %s(%s)\n{\n%s}\n", name, arguments, body
}

{
	row = row_of($1)
	what = kind[row]
	if (what == "quiet")
		define($1, "void", "\treturn 0;\n")
	else if (what == "absent")
		define($1, "void", "\treturn " error ";\n")
	else if (what == "launch")
		define($1, "const void *handle", "\treturn mv_stub_launch(handle);\n")
	else if (what == "norm")
		define($1, "const void *handle, int n, const void *x, int x_step, void *result",
		       "\t(void)n, (void)x, (void)x_step;\n\treturn mv_stub_result(handle, result, " bytes[row] ");\n")
	else if (what == "dot")
		define($1, "const void *handle, int n, const void *x, int x_step, const void *y, int y_step, void *result",
		       "\t(void)n, (void)x, (void)x_step, (void)y, (void)y_step;\n" \
		       "\treturn mv_stub_result(handle, result, " bytes[row] ");\n")
	else if (what == "create")
		define($1, "void **object", "\treturn mv_stub_create(object);\n")
	else if (what == "destroy")
		define($1, "void *object", "\treturn mv_stub_destroy(object);\n")
	else if (what == "null")
		refuse($1, 0)
	else
		refuse($1, error)
}
