# SPDX-License-Identifier: Apache-2.0
# One line, the byte, exit 3; check exits 1 for what is damaged.
forge gpt good.memviz
: > empty.memviz
printf 'not a recording, but long enough for a magic number' > foreign.memviz
head -c 72000 good.memviz > cut.memviz
head -c 100 good.memviz > stub.memviz
cp good.memviz flipped.memviz
printf '\377' | dd of=flipped.memviz bs=1 seek=9000 conv=notrunc 2>/dev/null
cp good.memviz newer.memviz
printf '\011\000' | dd of=newer.memviz bs=1 seek=12 conv=notrunc 2>/dev/null
for file in missing empty foreign cut stub flipped newer; do
	memviz report $file.memviz; echo "exit $?"
	memviz check $file.memviz; echo "exit $?"
done
memviz report . ; echo "exit $?"
memviz html cut.memviz -o page.html; echo "exit $?"
echo page*
