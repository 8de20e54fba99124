# SPDX-License-Identifier: Apache-2.0
"""measure.py [CASE...]: trains the cases on the simulated GPU, and tells of each how much of its memory is in the right band.

The same program runs three times: watched by one who knows (truth.py), under the recorder, under torch.profiler.
Blocks are matched by the numbers of their allocations; their sizes must agree.  A row each:

    peak     % of the bytes at the peak of the third and fourth step that are in the right band
    mean     the same over all moments of these steps; worst: the worst moment
    guessed  % of the bytes at the peak whose band is said to be a guess
    labels   % of the bytes at a hundred births in these steps with the right label beside the band, or rightly without one
    names    % of the bytes of parameters, gradients and states there that bear the right name
    profiler, substrings: at the peak, by torch.profiler's memory timeline; by the names of functions

Exits with 1 if a case is below what table.py wants of it, but for those whose cause is known and stands there."""
import argparse
import concurrent.futures
import glob
import itertools
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import score
from table import CASES

HERE = pathlib.Path(__file__).resolve().parent
CHUNK = 6  # cases that share a process in which torch is loaded
LIMIT_S = 900
OUT_OF_MEMORY = 9


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--build", default=HERE.parents[2] / "build", type=pathlib.Path, help="where make has built")
    parser.add_argument("--python", default=sys.executable, help="an interpreter that has torch")
    parser.add_argument("--keep", type=pathlib.Path, help="leave all files in this folder, and use those of before, but for recordings")
    parser.add_argument("--again", action="store_true", help="judge the files there anew, train nothing")
    parser.add_argument("--only-ours", action="store_true", help="without torch.profiler")
    parser.add_argument("--wrong", type=float, default=0, metavar="PERCENT", help="list what is wrong by so much at the peak")
    parser.add_argument("--jobs", default=os.cpu_count(), type=int)
    return parser.parse_args()


class Bench:
    """The programs and folders."""

    def __init__(self, options, folder):
        self.options, self.folder, self.build = options, folder, options.build.resolve()

    def environment(self, case):
        simulation = self.build / "gpusim"
        return {**os.environ, "LD_LIBRARY_PATH": str(simulation), "GPUSIM_FORCE": "1", "GPUSIM_MEMORY": "16GiB",
                "PYTHONDONTWRITEBYTECODE": "1", **dict(case.environment)}

    def watched(self, mode, cases):
        """As one.py does it, with witness.so."""
        simulation = self.build / "gpusim"
        stand_ins = [str(simulation / name) for name in (simulation / "preload").read_text().split()]
        environment = self.environment(cases[0])
        environment["LD_PRELOAD"] = ":".join([str(self.build / "tests/witness.so"), *stand_ins])
        return self.run([mode, self.folder, *[case.name for case in cases]], environment, self.folder / f"{cases[0].name}.{mode}.log")

    def run(self, arguments, environment, log, before=()):
        command = [*before, self.options.python, "-B", HERE / "one.py", *arguments]
        with open(log, "w", encoding="utf-8") as out:
            return subprocess.run([str(word) for word in command], env=environment, stdout=out, stderr=out,
                                  timeout=LIMIT_S, check=False, cwd=log.parent).returncode

    def recorded(self, case):
        folder = self.folder / (case.name + ".recorded")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        memviz = [self.build / "bin/memviz", "run", "-q", "--gpu=sim:16GiB", "--force-sim", "--"]
        return self.run(["cut" if case.out_of_memory else "plain", case.name], self.environment(case), folder / "log", memviz)

    def blocks(self, case):
        """Of the recording, or of the snapshot that memory's end has left."""
        files = glob.glob(str(self.folder / (case.name + ".recorded") / "one-*.memviz"))
        files = [file for file in files if (".oom1." in file) == bool(case.out_of_memory)]
        if not files:
            raise FileNotFoundError("no recording")
        done = subprocess.run([self.build / "tests/blocks", max(files, key=os.path.getsize), "why"], capture_output=True, text=True, check=True)
        return done.stdout.splitlines()


def train(bench, cases):
    """One chunk: all three runs of each case.  What has been watched already in a folder that is kept is not again."""
    for mode in ("truth", "profile")[:1 if bench.options.only_ours else 2]:
        new = [case for case in cases if not (bench.folder / f"{case.name}.{mode}.lines").exists()]
        new = [case for case in new if mode == "truth" or not case.out_of_memory]
        if new:
            bench.watched(mode, new)
    for case in cases:
        bench.recorded(case)


def percent(value):
    return "      -" if value is None else f"{value:7.2f}"


class Row:
    """What came of one case."""

    def __init__(self, bench, case):
        self.case, self.known = case, score.Known(str(bench.folder / (case.name + ".truth")))
        self.recorded = score.RecordedBands(bench.blocks(case), self.known)
        self.at = self.moment()
        self.peak, self.wrong = score.right_at(self.known, self.at, self.recorded.of)
        self.mean, self.worst = (None, None) if case.out_of_memory else score.right_over(self.known, self.recorded.of)
        self.guessed = self.recorded.guessed_at(self.known, self.at)
        self.labels, self.mislabelled = None, {}
        if not case.out_of_memory:
            self.labels, self.mislabelled = score.labels_over(self.known, self.recorded.label_at)
        self.names = score.named_at(self.known, self.at, self.recorded.name)
        self.substrings = self.profiler = None
        if len(self.known.by_names) == len(self.known.blocks):
            self.substrings = score.right_at(self.known, self.at, lambda block: self.known.by_names[block.number])[0]
        if not bench.options.only_ours and not case.out_of_memory:
            self.profiler = self.by_profiler(bench)

    def moment(self):
        """The peak; where memory ran out, just before the allocation that failed."""
        if not self.case.out_of_memory:
            return self.known.peak()
        return self.known.blocks[len(self.recorded.rows)].birth - 1

    def by_profiler(self, bench):
        number = next(block.number for block in self.known.blocks if block.birth == self.at)
        try:
            said = score.ProfilerBands(str(bench.folder / (self.case.name + ".profile")), number)
        except (FileNotFoundError, ValueError):
            return None
        return score.right_at(self.known, self.at, said.of)[0]

    def faults(self):
        faults = []
        if self.recorded.differing:
            faults.append(f"{self.recorded.differing} blocks of another size")
        if self.recorded.missing and not self.case.out_of_memory:
            faults.append(f"{self.recorded.missing} blocks more or less")
        if self.peak < self.case.peak:
            faults.append(f"peak below {self.case.peak}")
        if self.mean is not None and self.mean < self.case.mean:
            faults.append(f"mean below {self.case.mean}")
        if self.labels is not None and self.labels < self.case.labels:
            faults.append(f"labels below {self.case.labels}")
        if self.known.disagreement():
            faults.append(f"{self.known.disagreement()} bytes saved of which no hook was told")
        return faults

    def text(self):
        figures = [self.peak, self.mean, self.worst, self.guessed, self.labels, self.names, self.profiler, self.substrings]
        faults = ", ".join(self.faults())
        if faults and self.case.cause:
            faults += f" ({self.case.cause})"
        return f"{self.case.name:26}" + "".join(percent(figure) for figure in figures) + "  " + (faults or "ok")

    def wrong_text(self, least):
        wrong = [*self.wrong.items(), *self.mislabelled.items()]
        return "".join(f"    {true or 'no label'} taken for {said or 'no label'}: {part:.2f} %\n" for (true, said), part in wrong if part >= least)

    def has_failed(self):
        return bool(self.faults()) and not self.case.cause


def chunks_of(cases):
    """Those that share an environment share a process."""
    for _, group in itertools.groupby(sorted(cases, key=lambda case: case.environment), key=lambda case: case.environment):
        group = list(group)
        for at in range(0, len(group), CHUNK):
            yield group[at:at + CHUNK]


def report(bench, cases):
    failed = 0
    for case in cases:
        try:
            row = Row(bench, case)
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            print(f"{case.name:26}  could not be judged: {error}", flush=True)
            failed += 1
            continue
        print(row.text(), flush=True)
        if bench.options.wrong:
            print(row.wrong_text(bench.options.wrong), end="")
        failed += row.has_failed()
    return failed


def main():
    options = parse()
    cases = [CASES[name] for name in options.cases] or list(CASES.values())
    failed = 0
    print(f"{'case':26}   peak   mean  worst guessed labels  names profil substr")
    with tempfile.TemporaryDirectory(prefix="memviz-truth-") as folder, \
            concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        if options.keep:
            options.keep.mkdir(exist_ok=True)
        bench = Bench(options, options.keep.resolve() if options.keep else pathlib.Path(folder))
        chunks = list(chunks_of(cases))
        done = pool.map(lambda chunk: options.again or train(bench, chunk), chunks)
        for chunk, _ in zip(chunks, done):
            failed += report(bench, chunk)
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
