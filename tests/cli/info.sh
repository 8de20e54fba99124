# SPDX-License-Identifier: Apache-2.0
forge mlp mlp.memviz
forge gpt-killed killed.memviz
forge gpt-oom-forward oom.memviz
memviz info mlp.memviz killed.memviz oom.memviz
