# SPDX-License-Identifier: Apache-2.0
# A disk that is full, or read-only: the program is recorded elsewhere, or runs on unrecorded; its exit status is its own.
[ -e "$BUILD/libmemviz.so" ] && [ -e "$BUILD/gpusim/preload" ] || { echo "no recorder or no simulated GPU was built"; exit 77; }
unshare -rm true 2>/dev/null || { echo "no file system can be mounted here"; exit 77; }
cat > hungry.c <<'EOC'
#include <stddef.h>
int cudaMalloc(void **, size_t);
int main(void)
{
	void *memory;

	cudaMalloc(&memory, 1 << 20);
	return cudaMalloc(&memory, (size_t)1 << 33) ? 4 : 0;
}
EOC
cc -o hungry hungry.c -L"$BUILD/gpusim" -l:libcudart.so.12 || exit 77
mkdir disk elsewhere
on_disk() { # SIZE COMMAND: on a file system of so much, mounted on disk
	unshare -rm sh -c "export TMPDIR=$PWD/disk; mount -t tmpfs -o size=$1 none disk && { $2; ls disk elsewhere; }" 2>&1 |
		sed 's/hungry-[0-9]*/hungry-PID/; s/([0-9.]* [KM]iB)/(SIZE)/; s/+0x[0-9a-f]*/+OFFSET/; s|/[^ ]*/disk|DISK|
			s|/[^ ]*/elsewhere|ELSEWHERE|g'
}
run='memviz run -q -o disk --ring=1MiB --gpu=sim:2GiB'
echo "no room for a recording:"
on_disk 8m "$run ./hungry; echo exit \$?"
echo "room for a recording, but not for a snapshot:"
on_disk 40m "head -c 2400000 /dev/zero >disk/zeros; $run ./hungry; echo exit \$?"
echo "read-only:"
on_disk 8m "mount -o remount,ro disk; $run ./hungry; echo exit \$?"
small="export TMPDIR=$PWD/elsewhere; $run ./hungry; echo exit \$?"
echo "64 KiB, and room elsewhere:"
on_disk 64k "$small"
rm elsewhere/*
echo "read-only, and room elsewhere:"
on_disk 8m "mount -o remount,ro disk; $small"
