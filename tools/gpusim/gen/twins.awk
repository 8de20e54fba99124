# SPDX-License-Identifier: Apache-2.0
# Writes the per-thread forms (_ptds, _ptsz) of functions, from the declarations of the plain ones: each calls the plain
# one, having said that the default stream is the thread's own.
#
#   awk -f twins.awk -v result=CUresult names/libcuda api/cuda_*.h        streams that are 0 become CU_STREAM_PER_THREAD
#   awk -f twins.awk -v result=cudaError_t names/libcudart api/rt_*.h     between mv_rt_enter_own and mv_rt_leave_own

BEGIN {
	is_driver = result == "CUresult"
	print "/* Generated from tools/gpusim/api by tools/gpusim/gen/twins.awk.  */"
	print (is_driver ? "#include \"gpusim/driver/drv_all.h\"" : "#include \"gpusim/runtime/rt_all.h\"")
}

FILENAME ~ /names\// {
	if ($1 ~ /_pt[ds][sz]$/)
		wanted[$1] = 1
	next
}

# A declaration may go on over lines; it ends with a semicolon.
{
	if ($0 ~ "^" result " ")
		text = ""
	text = text " " $0
}

text ~ ("^ " result " [A-Za-z0-9_]+\\(.*\\);$") {
	declaration = text
	text = ""
	sub("^ " result " ", "", declaration)
	gsub(/[ \t]+/, " ", declaration)
	name = declaration
	sub(/\(.*/, "", name)
	arguments = declaration
	sub(/^[^(]*\(/, "", arguments)
	sub(/\);$/, "", arguments)
	declared[name] = arguments
	order[++count] = name
}

function call(arguments,    n, part, i, last, list) {
	if (arguments == "void")
		return ""
	n = split(arguments, part, /, */)
	list = ""
	for (i = 1; i <= n; i++) {
		last = part[i]
		sub(/.*[ *]/, "", last)
		if (is_driver && part[i] ~ /^CUstream [a-z_]+$/)
			last = "mv_stream_own(" last ")"
		list = list (i > 1 ? ", " : "") last
	}
	return list
}

function write_twin(twin, name) {
	printf "\n%s %s(%s);\n", result, twin, declared[name]
	printf "%s %s(%s)\n{\n", result, twin, declared[name]
	if (is_driver) {
		printf "\treturn %s(%s);\n}\n", name, call(declared[name])
		return
	}
	printf "\t%s err;\n\n\tmv_rt_enter_own();\n\terr = %s(%s);\n\tmv_rt_leave_own();\n\treturn err;\n}\n", \
		result, name, call(declared[name])
}

END {
	print "\n#pragma GCC visibility push(default)"
	for (i = 1; i <= count; i++) {
		name = order[i]
		if ((name "_ptsz") in wanted && !((name "_ptsz") in declared))
			write_twin(name "_ptsz", name)
		if ((name "_ptds") in wanted && !((name "_ptds") in declared))
			write_twin(name "_ptds", name)
	}
}
