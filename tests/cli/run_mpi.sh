# SPDX-License-Identifier: Apache-2.0
# Each rank of an MPI job has one recording, with its rank, its parent and its command; the launchers have none.
[ -e "$BUILD/libmemviz.so" ] && [ -e "$BUILD/gpusim/preload" ] || { echo "no recorder or no simulated GPU was built"; exit 77; }
command -v mpirun >/dev/null && command -v mpicc >/dev/null || { echo "no MPI: tools/setup.sh mpi"; exit 77; }
cat >rank.c <<'EOF'
#include <mpi.h>
#include <stddef.h>
int cudaMalloc(void **, size_t);
int main(int argc, char **argv)
{
	void *memory;
	int rank, err;
	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	err = cudaMalloc(&memory, (size_t)(rank + 1) << 20);
	MPI_Barrier(MPI_COMM_WORLD);
	MPI_Finalize();
	return err;
}
EOF
mpicc -o rank rank.c -L"$BUILD/gpusim" -l:libcudart.so.12 || exit 77
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_btl=self,vader
memviz run -q --gpu=sim:64MiB mpirun -n 4 ./rank 2>err; echo "exit $?"
# Where /sys is not there, Open MPI says so.
grep -v "^.hwloc/linux" err
memviz info . | sed 's/[0-9]\{2,\} /PID /; s/[0-9]\{2,\} (mpirun)/PID (mpirun)/; s/-[0-9]*\.memviz/-PID.memviz/; s/  */ /g'
memviz info rank-rank2-*.memviz | sed -n 's/^  \(rank \|command\) */\1 /p'
