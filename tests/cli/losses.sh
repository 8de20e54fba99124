# SPDX-License-Identifier: Apache-2.0
# Whatever was lost has a cause and a count, and every command shows it.  1001 of the first cause were lost, 1002 of the
# second …
forge losses train.memviz
memviz info train.memviz | sed -n '/losses/,/^  [a-z]/p' | grep '[0-9]'
echo "report:"
memviz report train.memviz | grep '10[0-9][0-9] '
echo "json:"
memviz report --json train.memviz | sed -n '/"losses"/,/}/p'
echo "html:"
memviz html train.memviz -o page.html && grep -ao '"losses":\[[0-9,]*\]' page.html
echo "check:"
memviz check train.memviz
echo "snapshot:"
memviz snapshot train.memviz -o copy.memviz; memviz check copy.memviz | grep -c ' 10[0-9][0-9] '
