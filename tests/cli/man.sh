# SPDX-License-Identifier: Apache-2.0
# What --help says there is, the manual page explains, and the other way round.
for command in run report html pack snapshot info check; do
	memviz $command --help | grep -o '^ .\{4,6\}--[a-z-]*' | grep -o -e '--.*' | sort >help
	sed -n 's/^\.It .*Fl.* -\([a-z][a-z-]*\).*/--\1/p; s/^\.It Fl -\([a-z-]*\).*/--\1/p' \
		"$TOP/memviz/man/memviz-$command.1" | sort -u >page
	diff help page && echo "$command: $(wc -l <help) options"
	grep -q "^\.It Cm $command\$" "$TOP/memviz/man/memviz.1" || echo "$command: is not in memviz.1"
	memviz help | grep -q "^  $command " || echo "$command: is not in memviz help"
done
if command -v man >/dev/null; then
	for page in "$TOP"/memviz/man/*.1; do
		man --warnings -l "$page" 2>&1 >/dev/null </dev/null
	done
fi
