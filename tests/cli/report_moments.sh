# SPDX-License-Identifier: Apache-2.0
forge gpt-oom-survived train.memviz
for at in peak oom end +0.012 +0 +99; do
	memviz report --at=$at train.memviz | head -n 2
done
memviz report --at=later train.memviz; echo "exit $?"
memviz report --at=+x train.memviz; echo "exit $?"
memviz report --device=3 train.memviz; echo "exit $?"
memviz report --device=x train.memviz; echo "exit $?"
forge mlp mlp.memviz
memviz report --at=oom mlp.memviz; echo "exit $?"
