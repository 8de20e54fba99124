#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Adds to the lists beside this script every public name that NVIDIA's libraries below the given folders export, that
# other libraries there import from them, or that a cuda.h there declares.  Names are only ever added: a program
# built against an older release must keep loading.
#
#   names/refresh.sh FOLDER...     e.g. a toolkit, or the site-packages of a torch installed with its NVIDIA wheels
#
# Needs nm and cc; the build needs neither this script nor those folders.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ $# -gt 0 ] || { echo "usage: $0 FOLDER..." >&2; exit 2; }

# The libraries, and what a public name looks like in each.
libraries='
libcuda          ^cu[A-Z][A-Za-z0-9]*(_v[0-9]+)?(_pt[sd][sz])?$
libcudart        ^(cuda[A-Z]|__cuda(Register|Unregister|Push|Pop|Get|Launch|Init))
libcublas        ^cublas([A-KM-Z]|L[a-su-z]|[a-z])
libcublasLt      ^cublasLt[A-Z]
libcudnn         ^cudnn[A-Z]
libnccl          ^p?nccl[A-Z]
libcusparse      ^cusparse([A-KM-Z]|L[a-su-z])
libcusparseLt    ^cusparseLt[A-Z]
libcusolver      ^cusolver(Dn|Sp|Rf|Get)
libcufft         ^cufft[A-Z]
libcurand        ^curand[A-Z]
libcufile        ^cuFile[A-Z]
libcupti         ^cupti[A-Z]
libnvrtc         ^nvrtc[A-Z]
libnvToolsExt    ^nvtx[A-Z]
libnvJitLink     ^(__)?nvJitLink[A-Z_0-9]
libnvidia-ml     ^nvml[A-Z]
libnvshmem_host  ^nvshmem(x|id)?_[a-z]
'

symbols() { # symbols FLAG FILE: dynamic symbols without their versions
	nm -D "$1" "$2" 2>/dev/null | awk '{ sub(/@.*/, "", $NF); print $NF }'
}

find "$@" -name 'lib*.so*' -type f >"$work/files"
while read -r file; do
	symbols --undefined-only "$file"
done <"$work/files" | sort -u >"$work/imported"

# The driver's own libraries need not be there: cuda.h and nvml.h declare all that they export.
find "$@" -name cuda.h -path '*include*' >"$work/headers"
while read -r header; do
	folder=$(dirname "$header")
	${CC:-cc} -E -P -D__CUDA_API_VERSION_INTERNAL -I"$folder" "$header" 2>/dev/null |
		grep -oE '\bcu[A-Z][A-Za-z0-9_]* *\(' | tr -d ' ('
	# The graphics headers want OpenGL's own, so they are read as text.
	cat "$folder"/cudaGL.h "$folder"/cudaEGL.h "$folder"/cudaVDPAU.h "$folder"/cudaProfiler.h 2>/dev/null |
		grep -E '^#define|CUDAAPI' | grep -oE '\bcu[A-Z][A-Za-z0-9_]*( *\(|$)' | tr -d ' ('
	cat "$folder"/cuda*Typedefs.h >>"$work/typedefs" 2>/dev/null || true
done <"$work/headers" | sort -u >"$work/declared"
find "$@" -name nvml.h -exec grep -ohE 'DECLDIR +nvml[A-Za-z0-9_]+ *\(' {} + | sed -E 's/^DECLDIR +//; s/ *\($//' >>"$work/declared" || true

echo "$libraries" | while read -r library pattern; do
	[ -n "$library" ] || continue
	{
		[ ! -f "$here/$library" ] || cat "$here/$library"
		grep "/$library\.so" "$work/files" | while read -r file; do symbols --defined-only "$file"; done
		cat "$work/imported"
		cat "$work/declared"
	} | grep -E "$pattern" | LC_ALL=C sort -u >"$work/list" || true
	cp "$work/list" "$here/$library"
	printf '%-16s %5d names\n' "$library" "$(wc -l <"$here/$library")"
done

# What cuGetProcAddress answers: a base name and a CUDA version lead to an ELF name.  cuda*Typedefs.h names each
# function type PFN_<base>_v<version>[_ptsz]; the n-th version of a base name is its n-th ELF name.
[ -s "$work/typedefs" ] || exit 0
{
	[ ! -f "$here/entries" ] || awk '!/^#/ { print $1, $2, $4 }' "$here/entries"
	grep -oE '\*PFN_cu[A-Za-z0-9]+(_v[0-9]+)(_pt[sd][sz])?\)' "$work/typedefs" |
		sed -E 's/^\*PFN_//; s/\)$//; s/_v([0-9]+)(_pt[sd][sz])?$/ \1 \2/'
} | awk '{ print $1, $2, ($3 == "" ? "-" : $3) }' | LC_ALL=C sort -u -k1,1 -k3,3 -k2,2n >"$work/versions"

awk -v list="$here/libcuda" '
	BEGIN {
		while ((getline name < list) > 0)
			exists[name] = 1
		print "# base name, CUDA version in which this ABI appeared, ELF name, per-thread suffix; made by refresh.sh"
	}
	{
		suffix = $3 == "-" ? "" : $3
		key = $1 suffix
		if (key != last) {
			variant = 1
			last = key
		}
		while (variant < 10 && !((elf = $1 (variant > 1 ? "_v" variant : "") suffix) in exists))
			variant++
		if (variant == 10)
			next
		print $1, $2, elf, $3
		variant++
	}' "$work/versions" >"$work/entries"
cp "$work/entries" "$here/entries"
printf '%-16s %5d rows\n' entries "$(wc -l <"$here/entries")"
