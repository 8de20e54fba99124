# SPDX-License-Identifier: Apache-2.0
"""What becomes of captures that go by a wrong layout: each of its fields too far or too near by a word or two.

Prints a line for each mistake: what became of it, how many stacks were wrong before Python frames were given up, and the
field.  Then the mistakes that were not noticed, and their count.  Exit 1: a capture crashed, or showed wrong frames for
good.
"""
import os
import sys

import probe
from shapes import Collector, call_by_iteration, call_by_operators, call_by_source, call_deep_through_c, recurse

DELTAS = (8, -8, 16)
UNUSED, REFUSED, FOUND_OUT, SILENT, RIGHT, WRONG = "not used", "refused", "found out", "no frames", "right", "WRONG"
TEXTS = [UNUSED, REFUSED, FOUND_OUT, SILENT, RIGHT, WRONG]
FAILED = 255


class Tolerant(Collector):
    """A text that is read from the wrong place may be anything, and not to be taken apart."""

    def __call__(self, *ignored):
        try:
            return super().__call__()
        except (IndexError, ValueError):
            self.wrong.append((None, None))
            return 0


def call(check):
    call_by_operators(check)
    call_by_iteration(check)
    call_by_source(check)
    recurse(check, 5)
    call_deep_through_c(check, 5)


def live_with(field, delta):
    """What became of it, and how many stacks were wrong before that."""
    probe.start()
    if not probe.HOLD.probe_break_layout(field, delta):
        return UNUSED, 0
    early = Tolerant(probe.HOLD)
    probe.HOLD.probe_capture()
    if probe.state().endswith("not read"):
        return REFUSED, 0
    call(early)
    for _ in range(1000):
        pass  # a safe point, at which Python compares
    early_wrong = sum(found != [] for found, expected in early.wrong)
    if probe.state().endswith("not read any more"):
        return FOUND_OUT, early_wrong
    late = Tolerant(probe.FREE)
    call(late)
    if not any(found for found, expected in early.wrong + late.wrong) and late.wrong:
        return SILENT, 0
    return (WRONG if late.wrong else RIGHT), early_wrong


def outcome(field, delta):
    child = os.fork()
    if child == 0:
        code = FAILED
        try:
            text, wrong = live_with(field, delta)
            code = TEXTS.index(text) | min(wrong, 15) << 3
        finally:
            os._exit(code)
    status = os.waitpid(child, 0)[1]
    if status & 127:
        return "CRASHED by signal %d" % (status & 127), 0
    code = status >> 8
    return ("FAILED", 0) if code == FAILED else (TEXTS[code & 7], code >> 3)


def main():
    tried, unnoticed, bad = 0, [], []
    for field, name in enumerate(probe.fields()):
        for delta in DELTAS:
            text, wrong = outcome(field, delta)
            mistake = "%s %+d" % (name, delta)
            print("%-10s %2d %s" % (text, wrong, mistake))
            tried += text != UNUSED
            if text == RIGHT:
                unnoticed.append(mistake)
            elif text not in (UNUSED, REFUSED, FOUND_OUT, SILENT):
                bad.append(mistake)
    print("not noticed: %s" % (", ".join(unnoticed) or "none"))
    print("%d mistakes, %d not noticed, %d bad" % (tried, len(unnoticed), len(bad)))
    return 1 if bad else 0


sys.exit(main())
