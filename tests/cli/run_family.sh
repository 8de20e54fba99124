# SPDX-License-Identifier: Apache-2.0
# However a program starts others: who used CUDA has one recording, nobody else has any or says anything.
[ -e "$BUILD/libmemviz.so" ] && [ -e "$BUILD/gpusim/preload" ] || { echo "no recorder or no simulated GPU was built"; exit 77; }
cat >user.c <<'EOF'
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
int cudaMalloc(void **, size_t);
static void use(void) { void *memory; if (cudaMalloc(&memory, 1 << 20)) _exit(9); }
static void again(char *self) { execl(self, self, "plain", (char *)0); _exit(8); }
/* As a daemon does it; whoever waits is told through a named pipe.  */
static void leave(const char *pipe)
{
	int fd;
	if (fork()) _exit(0);
	setsid();
	if (fork()) _exit(0);
	for (fd = 0; fd < 1024; fd++) close(fd);
	umask(0);
	if (chdir("/")) _exit(7);
	use();
	fd = open(pipe, O_WRONLY);
	if (write(fd, "done\n", 5) != 5) _exit(6);
}
int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "before")) again(argv[0]);
	if (argc > 1 && !strcmp(argv[1], "daemon")) leave(argv[2]);
	else use();
	if (argc > 1 && !strcmp(argv[1], "after")) again(argv[0]);
	return 0;
}
EOF
cc -o user user.c -L"$BUILD/gpusim" -l:libcudart.so.12 || exit 77
cat >workers.py <<'EOF'
import ctypes, multiprocessing, sys

def use(mebibytes):
    memory = ctypes.c_void_p()
    assert ctypes.CDLL("libcudart.so.12").cudaMalloc(ctypes.byref(memory), ctypes.c_size_t(mebibytes << 20)) == 0

def idle():
    pass

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    family = [context.Process(target=use, args=(2,)), context.Process(target=use, args=(3,)), context.Process(target=idle)]
    [worker.start() for worker in family]
    [worker.join() for worker in family]
    assert not any(worker.exitcode for worker in family)
EOF
# what NAME PROGRAM…: what it leaves, without its process ids.
what() {
	name=$1
	shift
	mkdir "$name"
	memviz run -q -o "$name" --gpu=sim:64MiB "$@" || echo "exit $?"
	echo "$name: $(memviz info "$name" 2>&1 | awk 'NR > 1 { print $4, $(NF - 3), $(NF - 2) }' | sort | tr '\n' ';')"
}
what plain ./user
what bash bash -c 'ls | wc -l >/dev/null; ./user; true'
what python python3 -c 'import subprocess; subprocess.check_call(["./user"]); subprocess.check_call(["true"])'
what fork python3 workers.py fork
what spawn python3 workers.py spawn
what forkserver python3 workers.py forkserver
what exec_before ./user before
what exec_after ./user after
mkfifo told
mkdir daemon
memviz run -q -o daemon --gpu=sim:64MiB ./user daemon "$PWD/told"; echo "exit $?"
cat told
ls daemon | sed 's/[0-9][0-9]*/PID/'
