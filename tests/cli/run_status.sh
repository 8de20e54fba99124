# SPDX-License-Identifier: Apache-2.0
# How the program ends is how we end; what cannot be run says so.
[ -e "$BUILD/libmemviz.so" ] || { echo "no recorder was built"; exit 77; }
memviz run -q -- sh -c 'exit 7'; echo "exit $?"
memviz run -q true; echo "exit $?"
memviz run -q -- sh -c 'kill -TERM $$'; echo "exit $?"
memviz run nonsense; echo "exit $?"
memviz run ./nonsense; echo "exit $?"
echo text > plain; memviz run ./plain; echo "exit $?"
memviz run .; echo "exit $?"
printf 'echo a script for sh: $1\n' > script; chmod +x script; memviz run -q ./script one; echo "exit $?"
printf '#!/nowhere/sh\n' > lost; chmod +x lost; memviz run -q ./lost; echo "exit $?"
TMPDIR=/nonexistent memviz run -o none -- echo goes on; echo "exit $?"
memviz run -- echo only this is on stdout 2>/dev/null
memviz run -q -- sh -c 'echo "$MEMVIZ_OUT" | sed "s/.*run_status/FOLDER/"; echo ${LD_PRELOAD##*/}'
LD_PRELOAD=libm.so.6 memviz run -q -- sh -c 'echo ${LD_PRELOAD##*libmemviz}'
MEMVIZ_RING=8MiB memviz run -q --stacks=none --snapshots=1 --at-exit --off -- sh -c 'echo $MEMVIZ_RING $MEMVIZ_STACKS $MEMVIZ_SNAPSHOTS $MEMVIZ_AT_EXIT $MEMVIZ_ON'
