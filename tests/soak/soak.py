# SPDX-License-Identifier: Apache-2.0
"""soak.py BUILD SECONDS EVENTS THREADS RING [figures]: a long run under the recorder, and whether it stays what it promises to be.

The program (churn.c) runs on the simulated GPU with stacks.  From the moment at which the ring has been filled once, the
memory of the process may grow by SLACK_KIB and no more: by then everything that the recorder maps has been touched.  The
recording's file has one size from the beginning to the end.  What it says is alive at the end is, piece for piece, what the
driver's books hold; no event is missing and none was lost.

Ends with one line, or the figures that are in it (NAME VALUE UNIT), and a line for each promise that was not kept; exit 1 if there is one."""
import glob
import os
import subprocess
import sys
import tempfile

BUILD, (SECONDS, EVENTS, THREADS), RING = os.path.abspath(sys.argv[1]), sys.argv[2:5], sys.argv[5]
FIGURES = len(sys.argv) > 6
PROGRAMS = os.path.join(BUILD, "tests/soak")
SLACK_KIB = 2048
PER_CENT_GROWING = 50  # until then the ring is being filled, and the program's own tables


def environment(folder):
    made = {name: value for name, value in os.environ.items() if not name.startswith(("MEMVIZ_", "GPUSIM_"))}
    made.update(LD_PRELOAD=os.path.join(BUILD, "libmemviz.so"), LD_LIBRARY_PATH=os.path.join(BUILD, "gpusim"),
                GPUSIM_MEMORY="40GiB", GPUSIM_FORCE="1", MEMVIZ_OUT=folder, MEMVIZ_RING=RING, MEMVIZ_STACKS="native,python")
    return made


def run_churn(folder, books):
    """The samples: events, anonymous and resident memory in KiB, bytes of the file."""
    command = [os.path.join(PROGRAMS, "churn"), THREADS, SECONDS, EVENTS, books]
    done = subprocess.run(command, env=environment(folder), cwd=folder, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("soak: churn: exit %d: %s" % (done.returncode, done.stdout[-500:]))
    lines = [line.split() for line in done.stdout.splitlines()]
    return [tuple(int(value) for value in line[1:]) for line in lines if line[0] == "sample"]


def audit(folder, books):
    snapshot, = glob.glob(folder + "/*.request1.memviz")
    done = subprocess.run([os.path.join(PROGRAMS, "audit"), snapshot, books], stdout=subprocess.PIPE, text=True)
    return done.returncode, dict(line.split() for line in done.stdout.splitlines())


def growth(samples, column):
    """Of the second half of the run: how much above its own beginning it ever was."""
    settled = samples[len(samples) * PER_CENT_GROWING // 100:]
    return max(sample[column] for sample in settled) - settled[0][column], settled[-1][column]


def main():
    with tempfile.TemporaryDirectory(prefix="memviz-soak-") as folder:
        books = os.path.join(folder, "books")
        samples = run_churn(folder, books)
        status, found = audit(folder, books)
    (anonymous, _), (resident, at_end) = growth(samples, 1), growth(samples, 2)
    sizes = {sample[3] for sample in samples}
    broken = ["the process grew by %d KiB of its own" % anonymous] * (anonymous > SLACK_KIB)
    broken += ["the process grew by %d KiB" % resident] * (resident > SLACK_KIB)
    broken += ["the file changed its size: %s" % sorted(sizes)] * (len(sizes) != 1)
    broken += ["the recording does not hold what the driver's books hold: %s" % found] * (status != 0)
    broken += ["%s events were recorded of %s" % (found.get("events"), EVENTS)] * \
        (int(found.get("events", 0)) < int(EVENTS) // int(THREADS) * int(THREADS))
    if FIGURES:
        print("soak_events %s events\nsoak_memory_growth %d KiB\nsoak_wrong_alive %s pieces\nsoak_lost %s events" %
              (found.get("events"), resident, found.get("wrong"), found.get("lost")))
    else:
        print("soak: %s s, %s events, %s threads, ring %s: memory %+d KiB of %d in the second half (private %+d), file %s bytes, "
              "alive %s of %s in the driver's books, %s wrong, %s lost" %
              (SECONDS, found.get("events"), THREADS, RING, resident, at_end, anonymous,
               "/".join(str(s) for s in sorted(sizes)), found.get("alive"), found.get("books"), found.get("wrong"),
               found.get("lost")))
    for what in broken:
        print("soak: FAILED: " + what)
    sys.exit(bool(broken))


main()
