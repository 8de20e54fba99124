# SPDX-License-Identifier: Apache-2.0
"""Where memory of backward comes from, against what PyTorch's anomaly mode says: the Python lines that made the node of the
graph that was being evaluated."""
import unittest

from test_recorder import Run, blocks_of, info, report


def innermost(spans, moment):
    """The span around MOMENT that began last; other threads have theirs, so only where there is one."""
    around = [span for span in spans if span[0] <= moment <= span[1]]
    return max(around, default=None, key=lambda span: span[0])


class Origins(unittest.TestCase):
    def compare(self, case, least):
        """How many blocks were looked at, and how many have another origin than PyTorch says."""
        with Run(case, program="backward.py") as run:
            self.assertEqual(run.status, 0, run.err)
            rows = [line.split() for line in blocks_of(run.recording(), "lines")]
            spans = run.said()
            self.assertIn("traced to the forward that made its nodes", info(run.recording()))
        judged = [(innermost(spans, int(row[0])), row[5:]) for row in rows]
        judged = [(span, lines) for span, lines in judged if span]
        wrong = [(span[3], span[2][:2], lines[:2]) for span, lines in judged if span[2] != lines]
        self.assertGreater(len(judged), least)
        self.assertEqual(wrong, [], f"{len(wrong)} of {len(judged)}")

    def test_mlp(self):
        self.compare("mlp", 30)

    def test_gpt(self):
        self.compare("gpt", 150)

    def test_a_checkpoint_s_forward_run_again(self):
        self.compare("checkpoint", 30)

    def test_a_reentrant_checkpoint(self):
        self.compare("reentrant", 30)

    def test_second_derivatives(self):
        self.compare("double", 60)

    def test_a_function_of_the_program_s_own_and_views(self):
        self.compare("custom", 20)


if __name__ == "__main__":
    unittest.main()
