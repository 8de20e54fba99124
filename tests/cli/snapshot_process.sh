# SPDX-License-Identifier: Apache-2.0
# A process that has a recording mapped, as a recorder would; also when its file has been deleted.
memviz snapshot 999999999; echo "exit $?"
memviz snapshot $$ 2>&1 | sed "s/process $$/process N/"
forge gpt-killed train-1.memviz; chmod 600 train-1.memviz
python3 - <<'PYTHON'
import mmap, os, subprocess
file = open("train-1.memviz", "r+b")
recording = mmap.mmap(file.fileno(), 0)
def run(*arguments):
    done = subprocess.run(("memviz",) + arguments, stderr=subprocess.PIPE, text=True)
    print(done.stderr.replace(str(os.getpid()), "N"), end="")
    print("exit", done.returncode, flush=True)
run("snapshot", str(os.getpid()))
run("snapshot", "train-1.memviz")
os.unlink("train-1.memviz")
file.close()
run("snapshot", str(os.getpid()), "-o", "deleted.memviz")
PYTHON
memviz check train-1.snap1.memviz
memviz check deleted.memviz
memviz info deleted.memviz | grep state
ls
