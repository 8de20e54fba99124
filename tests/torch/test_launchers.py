# SPDX-License-Identifier: Apache-2.0
"""PyTorch's own ways of starting processes, and the recorder's other ways into them.  Run by `make check-torch`."""
import os
import unittest

from test_recorder import BUILD, MIB, Run, events, info, memviz, report

TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=4"]


class Launchers(unittest.TestCase):
    def test_each_rank_of_torchrun_has_one_recording_and_nobody_else_has(self):
        with Run("ranks", launcher=TORCHRUN, GPUSIM_DEVICES="4", OMP_NUM_THREADS="1") as run:
            self.assertEqual(run.status, 0, run.err)
            self.assertNotIn("memviz:", run.err)
            self.assertEqual(len(run.files()), 4, run.files())
            rows = [line.split() for line in memviz("info", run.folder).stdout.splitlines()[1:]]
            self.assertEqual([row[0] for row in rows], ["0", "1", "2", "3"])
            self.assertEqual(len({row[2] for row in rows}), 1, "one parent")
            for rank, row in enumerate(rows):
                path = os.path.join(run.folder, row[-1])
                self.assertIn(f"rank        {rank} of 4", info(path))
                self.assertRegex(info(path), r"command     python[0-9.]* programs\.py\n")
                largest = report(path, "peak")["largest_blocks"][0]
                self.assertEqual(largest["bytes"], 4 * (rank + 1) * MIB)


class Injected(unittest.TestCase):
    """The recorder is not preloaded: CUDA loads it."""

    def test_every_block_is_seen_and_the_start_is_told(self):
        with Run("steps", record=False, CUDA_INJECTION64_PATH=os.path.join(BUILD, "libmemviz.so")) as run:
            self.assertEqual(run.status, 0, run.err)
            said, found = run.said(), events(run.recording())
            for key in found:
                self.assertEqual(found[key], said[key], key)
            self.assertEqual(report(run.recording())["reserved_bytes"], said["reserved"])
            self.assertIn("late, by cuInit", info(run.recording()))
            bands = {b["band"]: b["bytes"] for b in report(run.recording(), "peak")["bands"]}
            self.assertGreater(bands["optimizer"], 0)
            self.assertGreater(bands["parameter"], 0)

    def test_virtual_memory_is_seen(self):
        with Run("steps", record=False, CUDA_INJECTION64_PATH=os.path.join(BUILD, "libmemviz.so"),
                 PYTORCH_CUDA_ALLOC_CONF="expandable_segments:True") as run:
            self.assertEqual(run.status, 0, run.err)
            self.assertEqual(report(run.recording())["reserved_bytes"], run.said()["reserved"])


if __name__ == "__main__":
    unittest.main()
