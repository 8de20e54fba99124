# SPDX-License-Identifier: Apache-2.0
"""What a report says first, where memory ran out by a mistake in the program's own code."""
import os
import unittest

from test_recorder import HERE, Run, report

PROGRAM = "mistakes.py"


def line_of(name):
    """Of the mistake in the function NAME."""
    with open(os.path.join(HERE, PROGRAM), encoding="utf-8") as file:
        lines = file.read().splitlines()
    begin = lines.index(f"def {name}():")
    return next(number for number, line in enumerate(lines, 1) if number > begin and "# the mistake" in line)


class Findings(unittest.TestCase):
    def check(self, name, label):
        with Run(name, program=PROGRAM, GPUSIM_MEMORY="1GiB") as run:
            self.assertIn("OutOfMemoryError", run.err)
            found = report(run.snapshot(), at="oom")
        finding, bands = found["finding"], found["bands"]
        self.assertEqual(finding["sublabel"], label)
        self.assertIn(line_of(name), [place["line"] for place in (finding["place"], finding["caller"]) if place])
        self.assertGreater(finding["bytes"], sum(band["bytes"] for band in bands) / 2)

    def test_results_appended_to_a_list_grow(self):
        self.check("appended_results", "growing")

    def test_losses_that_are_summed_up_hold_their_graphs(self):
        self.check("graphs_of_losses", "held_after_release")

    def test_an_evaluation_with_graphs_waits_for_no_backward(self):
        self.check("evaluation_with_graphs", "waiting")


if __name__ == "__main__":
    unittest.main()
