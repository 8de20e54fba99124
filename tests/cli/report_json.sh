# SPDX-License-Identifier: Apache-2.0
forge gpt-oom-first train.memviz
memviz report --json --top=1 train.memviz
