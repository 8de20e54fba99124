#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/torch/recorder.sh BUILD: the recorder under each tested release of PyTorch (tools/torch.sh --versions): what it
# records, and its bands against what training scripts know.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$1
status=0

# Of what `make truth` measures, the least that must be right in each release.
cases='gpt gpt-bf16 evaluation kept-attribute evaluation-with-graph recompute-peak own-optimizer fsdp2 step-in-backward
	oom-forward oom-backward oom-first-forward oom-first-backward oom-first-step oom-later-step'

for version in $("$here/../../tools/torch.sh" --versions); do
	python=$("$here/../../tools/torch.sh" "$version") || exit 1
	echo "torch $version"
	BUILD=$build TORCH_PYTHON=$python "${PYTHON:-python3}" -B -m unittest discover -s "$here" || status=1
	# shellcheck disable=SC2086
	"${PYTHON:-python3}" -B "$here/truth/measure.py" --build "$build" --python "$python" --only-ours $cases || status=1
done
exit $status
