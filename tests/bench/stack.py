# SPDX-License-Identifier: Apache-2.0
"""What a capture in a Python program costs: one line for each figure, NAME VALUE UNIT."""
import functools
import operator
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))

import probe  # noqa: E402

CAPTURES = 50000
NEW_STACKS = 2000
FUNCTION_LINES = 20


def call_deep(call, depth):
    """DEPTH frames of Python, in one evaluation from 3.11 on."""
    return call_deep(call, depth - 1) if depth > 1 else call()


def call_deep_through_c(call, depth):
    """DEPTH frames of Python with C between every other two."""
    return next(map(lambda _: call_deep_through_c(call, depth - 2), [0])) if depth > 2 else call()


def call_deep_through_much_c(call, depth):
    """The same with more of C."""
    def go_on(_):
        return call_deep_through_much_c(call, depth - 2)

    through = functools.partial(operator.call, functools.partial(operator.call, go_on))
    return next(map(through, [0])) if depth > 2 else call()


def frames_at(deep, depth):
    found = probe.frames(deep(probe.FREE.probe_capture, depth))
    python = sum(frame.kind == "python" for frame in found)
    return "%d_python_%d_native" % (python, len(found) - python)


def measure(deep, depth, thread_count):
    results = []

    def run():
        results.append(deep(lambda: probe.FREE.probe_bench(CAPTURES), depth))

    threads = [threading.Thread(target=run) for _ in range(thread_count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("stack_known_%s_%d_threads %.1f ns" % (frames_at(deep, depth), thread_count, sum(results) / thread_count))


def measure_new():
    """Captures from as many lines as there are captures, in functions of 20 lines, less the cost of the calls."""
    body = "".join("    call()\n" for _ in range(FUNCTION_LINES))
    source = "".join("def f():\n" + body + "f()\n" for _ in range(NEW_STACKS // FUNCTION_LINES))
    times = []
    for call in (probe.FREE.probe_count, probe.FREE.probe_capture):
        code = compile(source, "new lines", "exec")
        start = time.perf_counter_ns()
        exec(code, {"call": lambda: call(0)})
        times.append(time.perf_counter_ns() - start)
    print("stack_new_lines %.1f ns" % ((times[1] - times[0]) / NEW_STACKS))


probe.start()
for thread_count in (1, 2):
    measure(call_deep, 20, thread_count)
    measure(call_deep_through_c, 20, thread_count)
    measure(call_deep_through_much_c, 4, thread_count)
    measure(call_deep_through_much_c, 20, thread_count)
measure_new()
