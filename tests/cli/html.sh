# SPDX-License-Identifier: Apache-2.0
forge gpt one.memviz
forge mlp two.memviz
memviz html one.memviz two.memviz -o page.html; echo "exit $?"
head -c 15 page.html | tr 'A-Z' 'a-z'; echo
memviz html one.memviz -o none/page.html; echo "exit $?"
memviz html one.memviz -o - | tail -c 8
ls
