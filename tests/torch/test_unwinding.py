# SPDX-License-Identifier: Apache-2.0
"""Native stacks of real PyTorch, followed by rules, against libunwind's: frame by frame, at every report of the allocator."""
import os
import struct
import unittest

from test_recorder import BUILD, Run

# DDP compares what it gathers from all ranks' cards, so these must keep what is written to them.
SIMULATION = {"GPUSIM_DEVICES": "4", "GPUSIM_BACKING": "host"}
ORACLE = os.path.join(BUILD, "tests/stack/lib/oracle.so")


class Unwinding(unittest.TestCase):
    def compare(self, name, least, program="carry.py"):
        """Rules follow every stack there is, to the frames that libunwind finds; what is known again is what it was."""
        with Run(name, record=False, before=(ORACLE,), program=program, ORACLE_OUT="oracle", **SIMULATION) as run:
            self.assertEqual(run.status, 0, run.err)
            with open(os.path.join(run.folder, "oracle"), "rb") as file:
                reports, followed, different, recalled, mistaken = struct.unpack("QQQQQ", file.read(40))
        self.assertGreater(reports, least)
        self.assertGreater(recalled, least / 4)
        self.assertEqual((followed, different, mistaken), (reports, 0, 0), run.err)

    def test_training(self):
        for name in ("gpt_bf16", "gpt_checkpoint", "conv_cudnn", "lstm", "ddp"):
            with self.subTest(name):
                self.compare(name, 300)

    def test_memory_that_runs_out(self):
        self.compare("oom_training", 100)

    def test_a_reentrant_checkpoint(self):
        self.compare("reentrant", 100, program="backward.py")


if __name__ == "__main__":
    unittest.main()
