# SPDX-License-Identifier: Apache-2.0
# A user's own rules come before all others; what is no rule is refused, with its line.
forge gpt train.memviz
cat > own <<'RULES'
# What the head makes is data, and large buffers too.

other      stack=*model.py:head phase=forward
temporary  name=*.attn.*weight   size<=4MiB life>=1ms
gradient   name=nothing.like.it
RULES
memviz report --top=2 train.memviz | sed -n '/BAND/,/^$/p'
memviz report --top=1000 --rules=own --json train.memviz > ruled.json
grep -c '"a rule of yours"' ruled.json
memviz report --rules=own train.memviz | sed -n '/BAND/,/^$/p'
memviz html --rules=own train.memviz -o page.html; echo "exit $?"
refuse() {
	printf '%b' "other size>=1\n$1\n" > wrong
	memviz report --rules=wrong train.memviz; echo "exit $?"
}
refuse 'weights stack=*'
refuse 'other'
refuse 'other size=3'
refuse 'other size>=many'
refuse 'other stack>=a'
refuse 'other name='
refuse 'other phase=lunch'
refuse 'other life>=2'
refuse 'other\0 size>=1'
refuse 'other size>=1 size>=1 size>=1 size>=1 size>=1 size>=1 size>=1 size>=1 size>=1'
refuse "other stack=$(printf '%01100d' 0)"
memviz report --rules=missing train.memviz; echo "exit $?"
memviz html --rules=wrong train.memviz -o none.html; echo "exit $?"
ls
