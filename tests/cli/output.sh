# SPDX-License-Identifier: Apache-2.0
forge mlp train.memviz
memviz report train.memviz -o report.txt; echo "exit $?"
memviz report train.memviz | cmp - report.txt && echo same
memviz report train.memviz > /dev/full; echo "exit $?"
memviz info train.memviz > /dev/full; echo "exit $?"
memviz report train.memviz -o /dev/full/x; echo "exit $?"
ls
