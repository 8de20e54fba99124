# SPDX-License-Identifier: Apache-2.0
forge besides train.memviz
memviz info train.memviz | sed -n '/^  card/,/^  shared/p'
memviz check train.memviz
