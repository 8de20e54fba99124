# SPDX-License-Identifier: Apache-2.0
forge gpt train.memviz
memviz check train.memviz; echo "exit $?"
memviz check --quiet train.memviz; echo "exit $?"
