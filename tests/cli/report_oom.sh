# SPDX-License-Identifier: Apache-2.0
forge gpt-oom-backward train.memviz
memviz report --top=2 train.memviz
