# SPDX-License-Identifier: Apache-2.0
# A program that frees what the recorder never saw come, some of it twice: no command shows less than nothing, which would
# be 16 million TiB, nor more than the card has.
[ -e "$BUILD/libmemviz.so" ] && [ -e "$BUILD/gpusim/preload" ] || { echo "no recorder or no simulated GPU was built"; exit 77; }
cat > late.c <<'EOC'
#include <dlfcn.h>
#include <stddef.h>
int cudaMalloc(void **, size_t);
int cudaFree(void *);
int main(int argc, char **argv)
{
	void *memory[8], *late;

	for (int i = 0; i < 8; i++)
		if (cudaMalloc(&memory[i], 100 << 20))
			return 1;
	if (argc < 2 || !dlopen(argv[1], RTLD_NOW) || cudaMalloc(&late, 2 << 20))
		return 2;
	for (int i = 0; i < 16; i++)
		cudaFree(memory[i / 2]);
	for (int i = 0; i < 3; i++)
		cudaFree(late);
	if (cudaMalloc(&late, 3 << 20))
		return 3;
	return cudaMalloc(&late, (size_t)1 << 33) ? 0 : 4;
}
EOC
cc -o late late.c -L"$BUILD/gpusim" -l:libcudart.so.12 -ldl || exit 77
export LD_LIBRARY_PATH=$BUILD/gpusim MEMVIZ_OUT=$PWD GPUSIM_MEMORY=1GiB GPUSIM_CONTEXT=50MiB GPUSIM_OTHERS=20MiB
./late "$BUILD/libmemviz.so" || exit
unset LD_LIBRARY_PATH MEMVIZ_OUT

# The card has a GiB; what was refused was 8.
largest() { # NAME: of its numbers of bytes, one a line
	awk -v name="$1" '{ if ($1 > most) most = $1 } END { print name ": " (NR ? "" : "nothing, ") (most > 8 * 2 ^ 30 ? most : "sane") }'
}
numbers() { grep -o '"[a-zA-Z_]*[bB]ytes": *-\?[0-9]*' | sed 's/.*: *//'; }
sizes() { grep -o '[0-9.]* [KMGTPE]\?i\?B\b' | sed 's/ B//; s/ KiB/e3/; s/ MiB/e6/; s/ GiB/e9/; s/ [TPE]iB/e12/'; }
for file in late-*.memviz; do
	for at in peak end +0 +0.000001; do
		memviz report --json --at=$at "$file" | tee json | numbers | largest "report --json --at=$at"
		memviz report --at=$at "$file" | sizes | largest "report --at=$at"
		grep '": -' json | grep -v '"bytes": -' # only parts of an equation may be below zero
	done
	memviz info "$file" | sizes | largest info
	memviz html -o page.html "$file" && grep 'application/json' page.html | numbers | largest html
done
