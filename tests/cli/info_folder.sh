# SPDX-License-Identifier: Apache-2.0
# A folder is a table, by rank; what is no recording in it is said, and snapshots are left out.
mkdir job empty
forge mlp job/one.memviz
forge gpt-killed job/two.memviz
forge gpt-oom-forward job/two.oom1.memviz
memviz info job; echo "exit $?"
echo nothing >job/three.memviz
memviz info job >/dev/null; echo "exit $?"
memviz info empty; echo "exit $?"
