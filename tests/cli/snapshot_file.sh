# SPDX-License-Identifier: Apache-2.0
forge gpt-killed train.memviz
memviz check train.memviz
memviz snapshot train.memviz; echo "exit $?"
memviz check train.memviz
memviz snapshot train.memviz; echo "exit $?"
memviz snapshot train.memviz -o copy.memviz; echo "exit $?"
memviz snapshot train.memviz -o - | cmp - copy.memviz && echo same
memviz snapshot none.memviz; echo "exit $?"
memviz snapshot train.memviz -o none/copy.memviz; echo "exit $?"
ls
