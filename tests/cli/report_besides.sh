# SPDX-License-Identifier: Apache-2.0
forge besides train.memviz
memviz report --at=end train.memviz | sed -n '/^BESIDES/,/^$/p'
memviz report --at=end --json train.memviz | sed -n '/"besides"/,$p'
