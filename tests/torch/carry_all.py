# SPDX-License-Identifier: Apache-2.0
"""carry_all.py [CASE...]: runs the cases of carry.py under the tested releases of PyTorch, with each of its allocators, on the
simulated GPU.

A case passes if it ends well and the simulation had nothing to say: a function that is not simulated speaks up.  The
environments come from tools/torch.sh; --python and --preload are for one that has NVIDIA's own libraries as well."""
import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LIMIT_S = 300

ALLOCATORS = {"native": "", "expandable": "expandable_segments:True", "async": "backend:cudaMallocAsync"}
SIMULATION = {"GPUSIM_MEMORY": "4GiB", "GPUSIM_DEVICES": "4"}

# DDP compares what it gathers from all ranks' cards, so these must keep what is written to them.
ENVIRONMENT = {"ddp": {"GPUSIM_BACKING": "host"}}

# From 2.15 on, the end of a process group of the default kind asks the allocator for its blocks, which this one does
# not know; the older kind is still there.
ALLOCATOR_ENVIRONMENT = {"async": {"TORCH_DIST_USE_NCCL2": "0"}}

SKIPPED = {("async", "snapshot"): "torch keeps no history with backend:cudaMallocAsync"}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--torch", action="append", metavar="VERSION", help="only this release; can be repeated")
    parser.add_argument("--allocator", action="append", choices=ALLOCATORS, help="only this one; can be repeated")
    parser.add_argument("--python", help="an interpreter that has torch, instead of those of tools/torch.sh")
    parser.add_argument("--preload", action="store_true", help="preload the stand-ins too")
    parser.add_argument("--build", default=ROOT / "build", type=pathlib.Path, help="where make has built")
    parser.add_argument("--jobs", default=os.cpu_count(), type=int)
    return parser.parse_args()


def output_of(*command, **settings):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **settings).stdout.split()


def find_pythons(options):
    if options.python:
        return {"given": options.python}
    script = str(ROOT / "tools" / "torch.sh")
    versions = options.torch or output_of(script, "--versions")
    return {version: output_of(script, version)[0] for version in versions}


def environment(options, allocator, case):
    folder = options.build.resolve() / "gpusim"
    made = dict(os.environ, LD_LIBRARY_PATH=str(folder), CARRY_ALLOCATOR=allocator,
                PYTORCH_CUDA_ALLOC_CONF=ALLOCATORS[allocator], PYTHONDONTWRITEBYTECODE="1")
    if options.preload:
        names = (folder / "preload").read_text(encoding="utf-8").split()
        made["LD_PRELOAD"] = ":".join(str(folder / name) for name in names)
    return made | SIMULATION | ALLOCATOR_ENVIRONMENT.get(allocator, {}) | ENVIRONMENT.get(case, {})


def run(options, python, allocator, case):
    """What is wrong with CASE; "" if nothing is.  And how long it took."""
    start = time.monotonic()
    try:
        done = subprocess.run([python, HERE / "carry.py", case], env=environment(options, allocator, case),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=LIMIT_S, check=False)
        said = [line for line in done.stdout.splitlines() if line.startswith("gpusim: ")]
        wrong = f"exit status {done.returncode}\n{done.stdout}" if done.returncode else "\n".join(said)
    except subprocess.TimeoutExpired:
        wrong = f"no end after {LIMIT_S} s"
    return wrong, time.monotonic() - start


def report(version, allocator, case, wrong, seconds):
    name = f"torch {version:7} {allocator:10} {case:14}"
    print(f"{'FAILED' if wrong else 'ok    '} {name} {seconds:6.1f} s", flush=True)
    for line in wrong.splitlines()[-40:]:
        print(f"       {line}", flush=True)


def main():
    options = parse()
    pythons = find_pythons(options)
    any_python = next(iter(pythons.values()))
    cases = options.cases or output_of(any_python, HERE / "carry.py", "--list", env=environment(options, "native", ""))
    wanted = [(version, allocator, case) for version in pythons for allocator in options.allocator or ALLOCATORS
              for case in cases]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = {}
        for version, allocator, case in wanted:
            if (allocator, case) in SKIPPED:
                print(f"skip   torch {version:7} {allocator:10} {case:14} {SKIPPED[allocator, case]}")
                continue
            jobs[pool.submit(run, options, pythons[version], allocator, case)] = version, allocator, case
        for job in concurrent.futures.as_completed(jobs):
            wrong, seconds = job.result()
            failed += bool(wrong)
            report(*jobs[job], wrong, seconds)
    print(f"{len(jobs) - failed} of {len(jobs)} passed")
    return 1 if failed or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
