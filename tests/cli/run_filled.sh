# SPDX-License-Identifier: Apache-2.0
# A disk that somebody fills up while a program is recorded, whose memory grows all the time: its recording has its room.
# On btrfs, which writes what is changed to another place; and within a quota that is too small from the beginning.
[ -e "$BUILD/libmemviz.so" ] && [ -e "$BUILD/gpusim/preload" ] || { echo "no recorder or no simulated GPU was built"; exit 77; }
command -v mkfs.btrfs >/dev/null || { echo "no btrfs-progs"; exit 77; }
cat > growing.c <<'EOC'
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
int cudaMalloc(void **, size_t);
static void get(int count)
{
	void *memory;

	while (count--)
		if (cudaMalloc(&memory, 512))
			exit(5);
}
static void fill(const char *path)
{
	static char bytes[1 << 16];
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	while (write(fd, bytes, sizeof bytes) > 0)
		;
	while (write(fd, bytes, 512) > 0)
		;
	close(fd);
	sync();
}
int main(int argc, char **argv)
{
	int i;

	get(100);
	for (i = 0; argc > 1 && i < 5; i++) {
		fill(argv[1]);
		get(2000);
	}
	return 0;
}
EOC
cc -o growing growing.c -L"$BUILD/gpusim" -l:libcudart.so.12 || exit 77
mkdir disk elsewhere
truncate -s 256M image
mkfs.btrfs -q image >/dev/null 2>&1 && mount -o loop image disk 2>/dev/null || { echo "btrfs cannot be mounted here"; exit 77; }
trap 'umount disk' EXIT
export TMPDIR=$PWD/elsewhere
run='memviz run -q -o disk/volume --ring=4MiB --gpu=sim:2GiB'
masked() {
	sed 's/growing-[0-9]*/growing-PID/; s|/[^ ]*/disk|DISK|; s|/[^ ]*/elsewhere|ELSEWHERE|; s/[0-9]* events/N events/
		s/[0-9]* \(stacks\|threads\)/N \1/g'
}
{
	btrfs -q subvolume create disk/volume
	$run ./growing disk/zeros; echo "exit $?"
	rm disk/zeros
	memviz info disk/volume/*.memviz | grep -e holds -e losses
	btrfs quota enable disk
	btrfs qgroup limit 20M disk/volume
	$run ./growing; echo "exit $?"
	ls elsewhere
} 2>&1 | masked
