# SPDX-License-Identifier: Apache-2.0
# awk -f table.awk WORDS ROWS: the rows of lib/cuda/*.def as calls of table.cc's, those that the toolkit declares: WORDS
# has all words of its headers.  Of the runtime's functions, those for per-thread streams have the others' arguments.

NR == FNR {
	is_known[$1] = 1
	next
}

{
	symbol = $0
	sub(/^[A-Z]*\(/, "", symbol)
	sub(/[,)].*/, "", symbol)
	declared = symbol
	if (/^RUNTIME/)
		sub(/_ptsz$/, "", declared)
	if (!(declared in is_known)) {
		print "// unknown " symbol
		next
	}
	family = "runtime"
	if (/^DRIVER/) {
		family = $2
		sub(/,/, "", family)
	}
	fields = ""
	rest = $0
	while (match(rest, /[.][a-z_]+ = [^,)]+/)) {
		if (substr(rest, RSTART, 8) != ".family ")
			fields = fields " row" substr(rest, RSTART, RLENGTH) ";"
		rest = substr(rest, RSTART + RLENGTH)
	}
	print "{ struct row row = {\"" symbol "\", \"" family "\"};" fields " compare<decltype(&" declared ")>(row); }"
}
