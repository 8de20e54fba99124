# SPDX-License-Identifier: Apache-2.0
# Make a C header of the page: page.html with the style and the script put in where it says so, as two strings, before
# and behind the data.
#
#	awk -f embed.awk -v style="a.css" -v script="a.js b.js" page.html
#
# The scripts become one: what they import from and export to each other is then in one scope.

# TEXT with a backslash before each MARK. What a replacement may hold is not the same in all awks, so it is joined by hand.
function escape(text, mark, pattern,   parts, count, i, joined)
{
	count = split(text, parts, pattern)
	joined = count ? parts[1] : ""
	for (i = 2; i <= count; i++)
		joined = joined "\\" mark parts[i]
	return joined
}

# Question marks, too: "??=" means something else to some compilers.
function c_line(text)
{
	gsub(/\\/, "&&", text)
	print "\t\"" escape(escape(text, "\"", "\""), "?", "[?]") "\\n\""
}

function put_script(path,   line, in_import)
{
	in_import = 0
	while ((getline line < path) > 0) {
		if (line ~ /^import /)
			in_import = 1
		if (in_import) {
			if (line ~ /;$/)
				in_import = 0
			continue
		}
		sub(/^export /, "", line)
		if (line !~ /^\/\* SPDX/)
			c_line(line)
	}
	close(path)
}

function put_style(path,   line)
{
	while ((getline line < path) > 0)
		if (line !~ /^\/\* SPDX/)
			c_line(line)
	close(path)
}

BEGIN {
	print "/* Made by memviz/export/embed.awk from memviz/web.  */"
	print "static const char page_head[] ="
}

/<!-- memviz:style -->/ {
	n = split(style, files, " ")
	for (i = 1; i <= n; i++)
		put_style(files[i])
	next
}

/<!-- memviz:script -->/ {
	n = split(script, files, " ")
	for (i = 1; i <= n; i++)
		put_script(files[i])
	next
}

/<!-- memviz:data -->/ {
	print "\t;\nstatic const char page_tail[] ="
	next
}

{ c_line($0) }

END { print "\t;" }
