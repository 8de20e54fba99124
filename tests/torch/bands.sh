#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/torch/bands.sh BUILD PYTHON: bands of real training on the simulated GPU against what the script itself knows.
#
# Each line of the table: model, whole steps, where memory runs out behind them (- : not at all), percent that must be
# right.  In a first step the owners are not known yet, and what the program holds looks like an activation.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd) || exit 2
python=$2
skip() { echo "bands: skipped: $1"; exit 77; }
[ -e "$build/gpusim/preload" ] || skip "no simulated GPU was built"
LD_LIBRARY_PATH="$build/gpusim" "$python" -c 'import torch, sys; sys.exit(not torch.version.cuda)' 2>/dev/null || skip "$python has no torch for CUDA"
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
passed=0 failed=0

while read -r model steps oom percent; do
	case=$model-$steps-$oom
	mkdir "$case" && cd "$case" || exit 2
	wanted=9
	[ "$oom" != - ] || { oom= wanted=0; }
	"$build/bin/memviz" run -q --gpu=sim --force-sim -- "$python" "$here/truth.py" "$model" "$steps" facts $oom >log 2>&1
	status=$?
	whole=$(ls truth-*.memviz | grep -v '\.oom')
	if [ $status != $wanted ] || [ -z "$whole" ]; then
		cat log
		echo "$case: FAILED: exit $status"
		failed=$((failed + 1))
	else
		"$build/tests/blocks" "$whole" >whole
		[ -z "$oom" ] || "$build/tests/blocks" truth-*.oom1.memviz >cut
		score=$("$python" "$here/score.py" facts $([ -z "$oom" ] && echo whole || echo cut whole))
		echo "$case: $score"
		if echo "$score" | awk -v wanted="$percent" 'NR == 1 { exit $1 < wanted }'; then
			passed=$((passed + 1))
		else
			echo "$case: FAILED: $percent % wanted"
			failed=$((failed + 1))
		fi
	fi
	cd ..
done <<EOF
mlp 3 - 95
gpt 3 - 95
gpt-bf16 3 - 95
mlp 2 forward 95
mlp 2 backward 95
gpt 2 forward 95
gpt 2 backward 95
gpt-bf16 2 backward 95
mlp 0 forward 85
mlp 0 backward 80
gpt 0 forward 90
gpt 0 backward 90
EOF
echo "bands: $passed passed, $failed failed"
[ $failed = 0 ]
