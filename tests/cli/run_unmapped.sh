# SPDX-License-Identifier: Apache-2.0
# A file system that cannot map files for writing: the recording is kept in memory, can be copied from outside, and is written
# when memory runs out and at the end.
[ -e "$BUILD/libmemviz.so" ] && [ -e "$BUILD/gpusim/preload" ] || { echo "no recorder or no simulated GPU was built"; exit 77; }
command -v bindfs >/dev/null || { echo "no bindfs"; exit 77; }
cat > hungry.c <<'EOC'
#include <stddef.h>
#include <stdio.h>
int cudaMalloc(void **, size_t);
int main(void)
{
	void *memory;

	cudaMalloc(&memory, 1 << 20);
	puts("ready");
	fflush(stdout);
	getchar();
	return cudaMalloc(&memory, (size_t)1 << 33) ? 4 : 0;
}
EOC
cc -o hungry hungry.c -L"$BUILD/gpusim" -l:libcudart.so.12 || exit 77
mkdir bound folder
unshare -rm sh -c 'bindfs -o direct_io folder bound 2>/dev/null && touch bound/x' || { echo "no file system can be mounted here"; exit 77; }
cat > inside.sh <<'EOC'
bindfs -o direct_io folder bound || exit
mkfifo talk listen
memviz run -q -o bound --ring=1MiB --gpu=sim:2GiB ./hungry <talk >listen &
exec 3>talk 4<listen
read ready <&4
pid=$(pgrep -x -P $! hungry)
ls folder | grep memviz
memviz snapshot "$pid" -o snapshot.memviz
memviz check snapshot.memviz
exec 3>&-
wait $!
echo "exit $?"
ls folder | grep memviz
memviz info bound/hungry-$pid.memviz | grep -e backing -e holds -e losses
umount bound
EOC
unshare -rm sh inside.sh 2>&1 | sed 's/hungry-[0-9]*/hungry-PID/g; s/process [0-9][0-9]*/process PID/; s/([0-9.]* [KM]iB)/(SIZE)/; s/: [0-9.]* [KM]iB, of/: SIZE, of/
	s/+0x[0-9a-f]*/+OFFSET/; s|/[^ ]*/bound|BOUND|; s/[0-9]* events/N events/; s/[0-9]* \(stacks\|threads\)/N \1/g'
