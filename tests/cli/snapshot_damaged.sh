# SPDX-License-Identifier: Apache-2.0
forge gpt good.memviz
head -c 76000 good.memviz > cut.memviz
memviz snapshot cut.memviz; echo "exit $?"
ls
memviz check cut.memviz
memviz info cut.memviz | grep recovered
: > empty.memviz
memviz snapshot empty.memviz; echo "exit $?"
echo hello > foreign.memviz
memviz snapshot foreign.memviz; echo "exit $?"
head -c 76500 good.memviz > cut.memviz
memviz snapshot cut.memviz 2>&1 | sed -n 2p
wc -c cut.memviz.damaged*
