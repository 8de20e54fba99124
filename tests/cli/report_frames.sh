# SPDX-License-Identifier: Apache-2.0
# What is shown of a stack, where its origin is, and what is folded.
forge frames serve.memviz
for frames in own folded all; do
	echo "-- $frames"
	memviz report --at=end --top=$([ $frames = own ] && echo 9 || echo 4) --frames=$frames serve.memviz | sed -n '/^WHO/,/^LARGEST/p'
done
echo "-- in plain ASCII"
LC_ALL=C memviz report --at=end --top=1 serve.memviz | sed -n '/^WHO/,/^LARGEST/p'
memviz report --frames=some serve.memviz; echo "exit $?"
memviz report --at=end --json --top=9 serve.memviz | python3 -c '
import json, sys
for stack in json.load(sys.stdin)["top_stacks"]:
    origin, frames = stack["origin"], stack["frames"]
    assert {**frames[origin["index"]], "index": origin["index"], "is_backward": origin["line"] == 17} == origin
    print(origin["file"] or origin["module"], origin["line"], origin["function"], origin["code"])'
