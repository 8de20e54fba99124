# SPDX-License-Identifier: Apache-2.0
forge gpt train.memviz
memviz report train.memviz
