#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/torch/recorder.sh BUILD: the recorder under each tested release of PyTorch (tools/torch.sh --versions): what it
# records, and its bands against what training scripts know.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$1
status=0

for version in $("$here/../../tools/torch.sh" --versions); do
	python=$("$here/../../tools/torch.sh" "$version") || exit 1
	echo "torch $version"
	BUILD=$build TORCH_PYTHON=$python "${PYTHON:-python3}" -B -m unittest discover -s "$here" || status=1
	"$here/bands.sh" "$build" "$python" || status=1
done
exit $status
