# SPDX-License-Identifier: Apache-2.0
# A signal that we are sent is the program's.
[ -e "$BUILD/libmemviz.so" ] || { echo "no recorder was built"; exit 77; }
memviz run -q -- sh -c 'trap "echo got it; exit 5" USR1; echo ready > ready; while :; do sleep 0.05; done' &
until [ -e ready ]; do sleep 0.02; done
kill -USR1 $!
wait $!
echo "exit $?"
