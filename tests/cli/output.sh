# SPDX-License-Identifier: Apache-2.0
forge mlp train.memviz
memviz report train.memviz -o report.txt; echo "exit $?"
memviz report train.memviz | cmp - report.txt && echo same
memviz report train.memviz > /dev/full; echo "exit $?"
memviz info train.memviz > /dev/full; echo "exit $?"
memviz report train.memviz -o /dev/full/x; echo "exit $?"
ls
forge gpt train.memviz
memviz report train.memviz -o train.memviz; echo "exit $?"
memviz html train.memviz -o ./train.memviz; echo "exit $?"
memviz check -q train.memviz; echo "exit $?"
mkfifo pipe
memviz report train.memviz -o pipe & head -n 1 pipe; wait
[ -p pipe ] && echo "the pipe is still there"
: > target; ln -s target link
memviz report train.memviz -o link && [ -L link ] && head -n 1 target
memviz report train.memviz -o .; echo "exit $?"
