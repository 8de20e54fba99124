# SPDX-License-Identifier: Apache-2.0
# Reads headers of our own after the preprocessor ("cc -E -dD") and writes what can be compared with CUDA's own.
#
#   awk -v mode=prototypes -v from=PATTERN -f abi.awk FILE    the prototypes, one a line
#   awk -v mode=facts -v from=PATTERN -f abi.awk FILE         lines "NAME<tab>EXPRESSION": of each type and field its
#                                                             size and place, of each constant its value
#
# Only what comes from a file whose name matches PATTERN counts.  FILE has one declaration after the other, no
# functions, and a field's name is the last word before its end or its first bracket.

/^# [0-9]+ "/ {
	is_ours = $3 ~ from
	next
}

!is_ours {
	next
}

/^#define [A-Za-z_0-9]+ ./ {
	if ($2 ~ /^(CU|cuda)/)
		fact($2, "(unsigned long long)(" $2 ")")
	next
}

/^#/ {
	next
}

# Declarations end with a semicolon outside of braces.
{
	for (i = 1; i <= length($0); i++) {
		c = substr($0, i, 1)
		depth += (c == "{") - (c == "}")
		if (c == ";" && depth == 0) {
			declare(text)
			text = ""
		} else {
			text = text c
		}
	}
	text = text " "
}

function fact(name, expression) {
	if (mode == "facts")
		print name "\t" expression
}

function trim(s) {
	gsub(/[ \t]+/, " ", s)
	sub(/^ /, "", s)
	sub(/ $/, "", s)
	return s
}

function last_word(s) {
	sub(/ *\[.*/, "", s)
	s = trim(s)
	sub(/.*[ *)]/, "", s)
	return s
}

function declare(s,    name) {
	s = trim(s)
	if (s == "" || s ~ /^_Static_assert/)
		return
	if (s ~ /^enum [A-Za-z_0-9]* ?\{/ || s ~ /^enum \{/) {
		constants(s)
	} else if (s ~ /^typedef (struct|union) \{/) {
		name = s
		sub(/.*\}/, "", name)
		type(trim(name), s)
	} else if (s ~ /^struct [A-Za-z_0-9]+ \{/) {
		split(s, part, " ")
		type("struct " part[2], s)
	} else if (s ~ /^typedef struct [A-Za-z_0-9]+ [A-Za-z_0-9]+$/) {
		return
	} else if (s ~ /^typedef / && s !~ /\(/) {
		type(last_word(s), "")
	} else if (s ~ /^typedef / || s ~ /^struct [A-Za-z_0-9]+$/) {
		return
	} else if (mode == "prototypes") {
		print s ";"
	}
}

function constants(s,    n, part, i, word) {
	sub(/^[^{]*\{/, "", s)
	sub(/\}.*/, "", s)
	n = split(s, part, ",")
	for (i = 1; i <= n; i++) {
		word = part[i]
		sub(/=.*/, "", word)
		word = trim(word)
		if (word != "")
			fact(word, "(unsigned long long)(" word ")")
	}
}

function type(name, s) {
	fact(name, "sizeof(" name ")")
	if (s ~ /\{/) {
		sub(/^[^{]*\{/, "", s)
		sub(/\}[^}]*$/, "", s)
		fields(name, s)
	}
}

# A member structure or union is one field; one without a name lends its own.
function fields(type_name, s,    i, c, level, field) {
	level = 0
	field = ""
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		level += (c == "{") - (c == "}")
		if (c != ";" || level) {
			field = field c
			continue
		}
		one_field(type_name, trim(field))
		field = ""
	}
}

function one_field(type_name, field,    name, n, part, i) {
	if (field ~ /\}$/) {
		sub(/^[^{]*\{/, "", field)
		sub(/\}$/, "", field)
		fields(type_name, field)
		return
	}
	sub(/.*\}/, "", field)
	n = split(field, part, ",")
	for (i = 1; i <= n; i++) {
		name = last_word(part[i])
		fact(type_name "." name, "offsetof(" type_name ", " name ") << 32 | sizeof(((" type_name " *)0)->" name ")")
	}
}
