# SPDX-License-Identifier: Apache-2.0
"""bench.py BUILD [TORCH_PYTHON]: what the recorder and the viewer cost, a line for each figure: NAME VALUE UNIT.

On stdout the figures, on stderr what is being measured.  Figures of PyTorch are left out without an interpreter that has
it.  What is compared is run in turn, round by round, each time in a new process, and medians are taken: what else the
machine does happens to both sides.  Each recording that a figure comes from is read back, and has all events.

pair_*          added to an allocation and its free in a pool that tells of them through memviz.h; by stacks: none, so many
                native frames, so many of Python over some native ones; stacks are taken of allocations, as by default
driver_pair_*   cuMemAlloc and cuMemFree on the simulated GPU without the recorder (base), and what it adds to both; in one
                thread only, for several wait for the simulated driver's lock most of the time
driver_call_*   added to a call of the driver, cuMemAlloc or cuMemFree, without stacks, in so many threads: time of the
                processors, since on the clock they wait for the simulated driver's lock, and for a processor; off: with
                MEMVIZ_ON=0
preload_true_*  a program that ends at once: without the recorder, and what loading it adds
snapshot_*      to set a million events aside: from inside by memviz_snapshot, from outside by memviz snapshot PID
soak_*          a run that overwrites its ring many times (tests/soak): what the process grew by in its second half, and what of
                the driver's books the recording has wrong at the end
html_*          to make the page, and its size: of a forged run, and of real training under PyTorch, of a million events
names_*         to name 10,000 addresses, evenly over the code of all objects that a process has loaded that imports PyTorch:
                without a cache, and out of it, on the clock and on a processor (cpu); how many had a name
torch_event_*   bytes for an event of that training, times in nanoseconds included: in the ring, all of its chunks with
                headers and padding over the events in them; in the file, all of the file over all events: with tables of
                stacks, and what is alive
torch_stack     bytes of the tables of stacks, for each that differs
torch_empty_*   PyTorch without a recorder (off), with this one (all: with stacks of frees, too; bare: without labels), and with
torch_step_*    its own, by its settings (loop.py): for torch.empty and its free, and for a training step of a GPT in bfloat16, on one
torch_pair_*    processor; the least of the rounds, because a busy machine only adds; what a step has more, for each block that it
                allocates and frees.  The ratios are those of the times added"""
import contextlib
import glob
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(sys.argv[1])
TORCH_PYTHON = sys.argv[2] if len(sys.argv) > 2 else None
PROGRAMS = os.path.join(BUILD, "tests/bench")
GPUSIM = os.path.join(BUILD, "gpusim")
RECORDER = os.path.join(BUILD, "libmemviz.so")
MEMVIZ = os.path.join(BUILD, "bin/memviz")

MILLION = 1000000
STACKS = "native,python"  # the default
ROUNDS, TORCH_ROUNDS, TIMES = 5, 5, 5
LOOPS, COUNT = 5, 100000  # of pairs, in one process; one loop more is not counted
CALL_THREADS = (1, 2, 8, 64)
SPAWNS = 500
MODES = {  # what our recorder takes stacks of, PyTorch's own setting, what its cost is to be compared with
    "off": (None, "off"),
    "memviz": (STACKS, "off"),
    "memviz_all": ("all", "off"),
    "memviz_bare": (STACKS, "off"),
    "own_python": (None, "python"),
    "own_allocs": (None, "allocs"),
    "own_all": (None, "all"),
}
BARE = "memviz_bare"  # without labels
RATIOS = (("own_python", "memviz"), ("own_allocs", "memviz"), ("own_all", "memviz"), ("own_all", "memviz_all"))


def talk(text):
    print("bench: " + text, file=sys.stderr, flush=True)


def figure(name, value, unit):
    print(name, "%.0f" % value if abs(value) >= 100 else "%.3g" % value, unit, flush=True)


def program(name):
    return os.path.join(PROGRAMS, name)


# ---- running ----


def environment(record, folder, settings):
    """Of a program on the simulated GPU, without any setting of the user's."""
    with open(os.path.join(GPUSIM, "preload"), encoding="ascii") as file:
        stand_ins = [os.path.join(GPUSIM, name) for name in file.read().split()]
    made = {name: value for name, value in os.environ.items() if not name.startswith(("MEMVIZ_", "GPUSIM_", "PYTORCH_"))}
    made.update(LD_LIBRARY_PATH=GPUSIM, LD_PRELOAD=":".join([RECORDER] * record + stand_ins), GPUSIM_MEMORY="8GiB",
                GPUSIM_FORCE="1", MEMVIZ_OUT=folder, PYTHONDONTWRITEBYTECODE="1", **settings)
    return made


@contextlib.contextmanager
def running(command, record, **settings):
    """The program, and a folder of its own for recordings."""
    folder = tempfile.mkdtemp(prefix="memviz-bench-")
    try:
        with subprocess.Popen(command, env=environment(record, folder, settings), cwd=folder, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as child:
            yield child, folder
            if child.wait():
                sys.exit("bench: %s: exit %d" % (" ".join(command), child.returncode))
    finally:
        shutil.rmtree(folder)


def contents(path, wanted):
    """What the recording holds: at least that many events, and nothing missing."""
    lines = subprocess.run([program("contents"), path], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    holds = {name: int(value) for name, value in (line.split() for line in lines)}
    if holds["missing"] or holds["events"] < wanted:
        sys.exit("bench: %s: %d events, %d wanted, %d missing" % (path, holds["events"], wanted, holds["missing"]))
    return holds


def recording(folder):
    """The one that is no snapshot."""
    found = [path for path in glob.glob(folder + "/*.memviz") if os.path.basename(path).count(".") == 1]
    if len(found) != 1:
        sys.exit("bench: one recording was expected, not %d" % len(found))
    return found[0]


def milliseconds(command):
    start = time.perf_counter()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1e3


def in_turn(cases, rounds):
    """The medians of what CASES, functions by name, return; each round begins with another one."""
    results = {name: [] for name in cases}
    names = list(cases)
    for _ in range(rounds):
        for name in names:
            results[name].append(cases[name]())
        names.append(names.pop(0))
    return {name: statistics.median(values) for name, values in results.items()}


# ---- pairs ----


def pairs(kind, frames, stacks, threads, record, count=COUNT, switch="1"):
    """Nanoseconds of a pair: on the clock, and, but for Python, of the processors."""
    arguments = [str(number) for number in (frames, threads, LOOPS, count)]
    command = [sys.executable, os.path.join(HERE, "pairs.py"), program("libpool.so")] if kind == "python" else \
        [program("pairs"), kind]
    with running(command + arguments, record, MEMVIZ_STACKS=stacks, MEMVIZ_ON=switch) as (child, folder):
        ns = [float(line) for line in child.stdout]
        child.wait()
        if record and switch == "1":
            contents(recording(folder), 2 * threads * (LOOPS + 1) * count)
    return ns


def measure_pairs():
    kinds = {"pair_none": ("pool", 1, "none"), "pair_native_20": ("pool", 20, STACKS),
             "pair_native_60": ("pool", 60, STACKS), "pair_python_20": ("python", 20, STACKS)}
    cases = {}
    for name, kind in kinds.items():
        cases[name + "_1_thread"] = (*kind, 1)
        cases[name + "_2_threads"] = (*kind, 2)
    cases["driver_pair_added"] = ("driver", 20, STACKS, 1)
    found = in_turn({(name, record): lambda a=(*case, record): pairs(*a)[0] for name, case in cases.items()
                     for record in (False, True)}, ROUNDS)
    for name in cases:
        figure(name, found[name, True] - found[name, False], "ns")
    # memviz.h in a program that nobody records: two calls.
    figure("annotations_absent", found["pair_none_1_thread", False], "ns")
    figure("driver_pair_base", found["driver_pair_added", False], "ns")


def measure_calls():
    """A pair is two calls.  As many of them whatever the number of threads."""
    cases = {(threads, record): lambda threads=threads, record=record:
             pairs("driver", 1, "none", threads, record, COUNT // threads)[1]
             for threads in CALL_THREADS for record in (False, True)}
    cases["off"] = lambda: pairs("driver", 1, "none", 1, True, switch="0")[1]
    found = in_turn(cases, ROUNDS)
    figure("driver_call_off", (found["off"] - found[1, False]) / 2, "ns")
    for threads in CALL_THREADS:
        figure("driver_call_none_%d_thread%s" % (threads, "" if threads == 1 else "s"),
               (found[threads, True] - found[threads, False]) / 2, "ns")


# ---- programs that end at once ----


def measure_preload():
    command = [program("spawn"), str(SPAWNS), RECORDER, "/bin/true"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    base, added = (float(line) for line in done.stdout.split())
    figure("preload_true_base", base, "ms")
    figure("preload_true_added", added, "ms")


# ---- a million events ----


def measure_snapshots(forged):
    with running([program("snapshots"), forged, str(MILLION), str(TIMES)], True) as (child, folder):
        inside = [float(child.stdout.readline()) for _ in range(TIMES)]
        out = os.path.join(folder, "outside.memviz")
        outside = [milliseconds([MEMVIZ, "snapshot", str(child.pid), "-o", out]) for _ in range(TIMES)]
        contents(out, MILLION)
        contents(glob.glob(folder + "/*.request1.memviz")[0], MILLION)
        child.stdin.close()
        child.wait()
        os.unlink(out)
    figure("snapshot_inside", statistics.median(inside), "ms")
    figure("snapshot_outside", statistics.median(outside), "ms")


def measure_html(name, path, folder):
    page = os.path.join(folder, name + ".html")
    times = [milliseconds([MEMVIZ, "html", path, "-o", page]) for _ in range(TIMES)]
    figure("html_%s_events" % name, contents(path, MILLION)["events"], "events")
    figure("html_%s_time" % name, statistics.median(times) / 1e3, "s")
    figure("html_%s_size" % name, os.path.getsize(page), "bytes")


def measure_forged():
    with tempfile.TemporaryDirectory(prefix="memviz-bench-") as folder:
        forged = os.path.join(folder, "forged.memviz")
        subprocess.run([os.path.join(BUILD, "tests/forge"), "gpt-long", forged], check=True)
        measure_snapshots(forged)
        measure_html("forged", forged, folder)


# ---- a long run ----


def measure_soak():
    """In short: make soak is the long one."""
    command = [sys.executable, "-B", os.path.join(HERE, "../soak/soak.py"), BUILD, "20", "6000000", "4", "4MiB", "figures"]
    print(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout, end="", flush=True)


# ---- PyTorch ----


def loop_command(*arguments):
    return [TORCH_PYTHON, os.path.join(HERE, "loop.py"), *arguments]


def read_values(child):
    return {name: float(value) for name, value in (line.split() for line in child.stdout)}


def settings_of(mode):
    stacks = MODES[mode][0]
    labels = {"MEMVIZ_LABELS": "0"} if mode == BARE else {}
    return {"MEMVIZ_STACKS": stacks, **labels} if stacks else {}


def compare(mode):
    stacks, own = MODES[mode]
    with running(loop_command("compare", own), bool(stacks), **settings_of(mode)) as (child, folder):
        values = read_values(child)
        child.wait()
        if stacks:
            contents(recording(folder), values["events"])
    return values


def report_modes(what, found, unit):
    for mode in MODES:
        figure("torch_%s_%s" % (what, mode), found[mode], unit)
    for theirs, ours in RATIOS:
        figure("torch_%s_ratio_%s_to_%s" % (what, theirs, ours),
               (found[theirs] - found["off"]) / (found[ours] - found["off"]), "x")


def report_pairs(steps, pairs):
    """What a step has more, for each block that it allocates and frees."""
    figure("torch_step_pairs", pairs, "blocks")
    for mode in list(MODES)[1:]:
        figure("torch_pair_%s" % mode, (steps[mode] - steps["off"]) * 1e6 / pairs, "ns")


def measure_torch():
    """One process gives both figures."""
    runs = {mode: [] for mode in MODES}
    in_turn({mode: lambda mode=mode: runs[mode].append(compare(mode)) or 0 for mode in MODES}, TORCH_ROUNDS)
    least = {what: {mode: min(run[what] for run in runs[mode]) for mode in MODES} for what in ("empty", "step")}
    report_modes("empty", least["empty"], "ns")
    report_modes("step", least["step"], "ms")
    report_pairs(least["step"], runs["off"][0]["pairs"])


def measure_training():
    with running(loop_command("train", str(MILLION)), True) as (child, folder):
        wanted = read_values(child)["events"]
        child.wait()
        path = recording(folder)
        holds = contents(path, wanted)
        figure("torch_event_ring", holds["ring_bytes"] / holds["ring_events"], "bytes")
        figure("torch_event_file", holds["file_bytes"] / holds["events"], "bytes")
        figure("torch_stack", holds["stack_bytes"] / holds["stacks"], "bytes")
        measure_html("torch", path, folder)


def measure_names():
    """Each round with a new cache; the objects' files are in memory from the first one on, which is not counted."""
    loaded = "import torch; print(*{line.split()[5] for line in open('/proc/self/maps') if 'x' in line.split()[1] and '/' in line})"
    environ = environment(False, "/", {})
    objects = subprocess.run([TORCH_PYTHON, "-c", loaded], env=environ, check=True, stdout=subprocess.PIPE, text=True).stdout
    rounds = []
    for _ in range(ROUNDS + 1):
        with tempfile.TemporaryDirectory(prefix="memviz-bench-") as folder:
            lines = subprocess.run([program("names"), "10000", folder + "/cache"], input=objects, check=True,
                                   stdout=subprocess.PIPE, text=True).stdout.split()
        rounds.append([float(value) for value in lines])
    first, first_cpu, named, cached, cached_cpu, named_again = zip(*rounds[1:])
    if set(named) != set(named_again):
        sys.exit("bench: the cache names other addresses")
    for what, values in zip(("first", "first_cpu", "cached", "cached_cpu"), (first, first_cpu, cached, cached_cpu)):
        figure("names_" + what, statistics.median(values), "ms")
    figure("names_found", named[0], "of 10000")


def main():
    talk("pairs, less than a minute")
    measure_pairs()
    talk("calls of the driver in many threads")
    measure_calls()
    talk("programs that end at once")
    measure_preload()
    talk("a million events")
    measure_forged()
    talk("a run of 20 seconds that overwrites its ring many times")
    measure_soak()
    if not TORCH_PYTHON:
        return
    talk("names of functions")
    measure_names()
    talk("a million events of PyTorch")
    measure_training()
    talk("PyTorch with either recorder, some minutes")
    measure_torch()


main()
