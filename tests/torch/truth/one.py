# SPDX-License-Identifier: Apache-2.0
"""one.py plain|cut CASE: trains as a case does; nothing looks on.
one.py truth|profile FOLDER CASE...: the same with witness.so preloaded; writes FOLDER/CASE.truth.* or .profile.*.

Of several cases each has its own child, so that torch is loaded once."""
import os
import signal
import sys
import traceback

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import torch

from table import CASES
from watch import Cut, Watch

OUT_OF_MEMORY = 9
LIMIT_S = 240


def prepare(case):
    torch.manual_seed(0)
    torch.backends.cudnn.enabled = case.has_cudnn


def run_plain(case, watch):
    prepare(case)
    try:
        case.train(watch)
    except torch.OutOfMemoryError:
        return OUT_OF_MEMORY
    return 0


def watched_run(case, mode, path):
    from profiled import Profiled
    from truth import Truth

    prepare(case)
    watch = Truth(can_walk=not case.replaces) if mode == "truth" else Profiled()
    case.train(watch)
    torch.cuda.synchronize()
    return watch.finish(path)


def in_child(case, mode, folder):
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    status = 1
    signal.alarm(LIMIT_S)
    try:
        status = watched_run(case, mode, os.path.join(folder, f"{case.name}.{mode}"))
    except BaseException:
        traceback.print_exc()
    os._exit(status)


def main():
    mode = sys.argv[1]
    if mode in ("plain", "cut"):
        signal.alarm(LIMIT_S)
        os._exit(run_plain(CASES[sys.argv[2]], Watch() if mode == "plain" else Cut()))
    failed = [name for name in sys.argv[3:] if in_child(CASES[name], mode, sys.argv[2])]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
