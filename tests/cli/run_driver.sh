# SPDX-License-Identifier: Apache-2.0
# A working driver is not hidden unless that is asked for.
[ -e "$BUILD/libmemviz.so" ] && [ -e "$BUILD/gpusim/preload" ] || { echo "no recorder or no simulated GPU was built"; exit 77; }
unshare -rm true 2>/dev/null || { echo "no file system can be mounted here"; exit 77; }
with_driver() { unshare -rm sh -c 'mount -t tmpfs none /dev && : >/dev/nvidiactl && "$@"' sh "$@"; }
with_driver memviz run --gpu=sim:1GiB true; echo "exit $?"
with_driver memviz run -q --gpu=sim:1GiB --force-sim true; echo "exit $?"
