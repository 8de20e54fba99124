# SPDX-License-Identifier: Apache-2.0
"""pairs.py LIBRARY FRAMES THREADS LOOPS COUNT: as pairs.c does with a pool, but FRAMES of Python deep.

LIBRARY is pool.c, called without Python's lock, as a framework's allocator is, so that threads run side by side."""
import ctypes
import sys
import threading

LIBRARY = ctypes.CDLL(sys.argv[1])
LIBRARY.pool_pairs.restype = ctypes.c_double
FRAMES, THREADS, LOOPS, COUNT = (int(argument) for argument in sys.argv[2:])


def descend(function, frames):
    return descend(function, frames - 1) if frames > 1 else function()


def measure(thread, medians):
    times = []

    def loop():
        for _ in range(LOOPS + 1):
            times.append(LIBRARY.pool_pairs(thread, COUNT))

    # Three functions of a thread's own, this one and the loop are frames, too.
    descend(loop, FRAMES - 5)
    medians.append(sorted(times[1:])[LOOPS // 2])


def main():
    medians = []
    threads = [threading.Thread(target=measure, args=(i, medians)) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("%.2f" % (sum(medians) / THREADS))


main()
