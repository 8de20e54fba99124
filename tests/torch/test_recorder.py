# SPDX-License-Identifier: Apache-2.0
"""Real PyTorch under the recorder on the simulated GPU.  The environment says where things are: BUILD (the build folder)
and TORCH_PYTHON (a Python that has torch).  Run by `make check-torch`."""
import glob
import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
PYTHON = os.environ.get("TORCH_PYTHON", "python3")
MIB = 1 << 20


def memviz(*arguments):
    return subprocess.run([os.path.join(BUILD, "bin/memviz"), *arguments], capture_output=True, text=True)


class Run:
    """One program under plain LD_PRELOAD, in a folder of its own."""

    def __init__(self, name, record=True, before=(), after=(), launcher=(), program="programs.py", **settings):
        self.folder = tempfile.mkdtemp(prefix="memviz-torch-")
        gpusim = os.path.join(BUILD, "gpusim")
        with open(os.path.join(gpusim, "preload"), encoding="ascii") as file:
            stand_ins = [os.path.join(gpusim, line) for line in file.read().split()]
        recorder = [os.path.join(BUILD, "libmemviz.so")] if record else []
        preload = [*before, *recorder, *after, *stand_ins]
        self.environment = dict(os.environ, LD_LIBRARY_PATH=gpusim, LD_PRELOAD=":".join(preload), MEMVIZ_OUT=self.folder,
                                **{"GPUSIM_MEMORY": "8GiB", "GPUSIM_FORCE": "1", **settings})
        self.command = [PYTHON, *launcher, os.path.join(HERE, program), name]

    def __enter__(self):
        done = subprocess.run(self.command, env=self.environment, capture_output=True, text=True, cwd=self.folder)
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def said(self):
        assert self.out, self.err
        return json.loads(self.out.splitlines()[-1])

    def files(self, which=""):
        return sorted(f for f in glob.glob(self.folder + "/*.memviz") if which in f)

    def recording(self):
        """The one that is no snapshot."""
        files = [f for f in self.files() if f.count(".") == 1 + self.folder.count(".")]
        assert len(files) == 1, (self.files(), self.err)
        return files[0]

    def snapshot(self, n=1):
        return self.recording().replace(".memviz", f".oom{n}.memviz")


def report(path, at="end"):
    done = memviz("report", path, "--json", "--at=" + at, "--top=1000")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def info(path):
    return memviz("info", path).stdout


def blocks_of(path, *what):
    """One line for each block: birth, death, address, bytes, band."""
    done = subprocess.run([os.path.join(BUILD, "tests/blocks"), path, *what], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[1:]


def events(path):
    """Allocations and frees in the block ledger, as the file's own tools count them."""
    rows = [line.split() for line in blocks_of(path)]
    allocs, frees = len(rows), sum(1 for row in rows if int(row[1]))
    return {"allocs": allocs, "frees": frees, "bytes": sum(int(row[3]) for row in rows),
            "live": sum(int(row[3]) for row in rows if not int(row[1]))}


class Ledger(unittest.TestCase):
    """What is in the file is what PyTorch's allocator counts by itself, block by block."""

    def check(self, name, **settings):
        with Run(name, **settings) as run:
            self.assertEqual(run.status, 0, run.err)
            self.assertNotIn("memviz:", run.err)
            self.assertNotIn("gpusim:", run.err)
            said, found = run.said(), events(run.recording())
            for key in found:
                self.assertEqual(found[key], said[key], key)
            self.assertEqual(report(run.recording())["reserved_bytes"], said["reserved"])
            self.assertIn("none", info(run.recording()).split("losses")[1].splitlines()[0])

    def test_every_block_of_the_native_allocator(self):
        self.check("steps")

    def test_every_block_of_expandable_segments(self):
        self.check("steps", PYTORCH_CUDA_ALLOC_CONF="expandable_segments:True")

    def test_every_block_of_two_training_threads(self):
        self.check("threads")

    def test_the_driver_s_pool_where_pytorch_says_nothing(self):
        with Run("asynchronous", PYTORCH_CUDA_ALLOC_CONF="backend:cudaMallocAsync") as run:
            self.assertEqual(run.status, 0, run.err)
            said, seen = run.said(), report(run.recording())
            blocks = {b["address"]: b["bytes"] for b in seen["largest_blocks"]}
            for address, size in zip(said["addresses"], said["sizes"]):
                self.assertGreaterEqual(blocks.get(address, 0), size)
            self.assertEqual(report(run.snapshot(), "oom")["oom"]["requested_bytes"], 100 << 30)


class Company(unittest.TestCase):
    """Others that are preloaded, too, before us and after."""

    def check(self, other, **settings):
        for order in ({"before": [other]}, {"after": [other]}):
            with self.subTest(**order), Run("steps", **order, **settings) as run:
                if "cannot be preloaded" in run.err:
                    self.skipTest(other + " is not there")
                self.assertEqual(run.status, 0, run.err)
                self.assertNotIn("memviz:", run.err)
                said, found = run.said(), events(run.recording())
                for key in found:
                    self.assertEqual(found[key], said[key], key)

    def test_jemalloc(self):
        self.check("libjemalloc.so.2")

    def test_tcmalloc(self):
        self.check("libtcmalloc_minimal.so.4")

    def test_mimalloc(self):
        self.check("libmimalloc.so.2")

    def test_address_sanitizer(self):
        asan = subprocess.run([os.environ.get("CC", "cc"), "-print-file-name=libasan.so"], capture_output=True, text=True).stdout
        self.check(asan.strip(), ASAN_OPTIONS="detect_leaks=0:verify_asan_link_order=0")


class OutOfMemory(unittest.TestCase):
    def test_an_error_leaves_a_snapshot_that_names_the_line(self):
        with Run("out_of_memory") as run:
            self.assertEqual(run.status, 1)
            self.assertIn("OutOfMemoryError: CUDA out of memory. Tried to allocate 100.00 GiB", run.err)
            seen = report(run.snapshot(), "oom")
            self.assertEqual(seen["oom"]["requested_bytes"], 100 << 30)
            self.assertEqual(seen["oom"]["total_bytes"], 8 << 30)
            self.assertGreater(seen["oom"]["free_bytes"], 0)
            self.assertEqual(seen["oom"]["allocated_bytes"], sum(b["bytes"] for b in seen["bands"]))
            functions = [f["function"] for f in seen["oom"]["frames"] if f["function"]]
            self.assertIn("out_of_memory", functions)
            self.assertIn("100 GiB were asked for", memviz("report", run.snapshot()).stdout)

    def test_errors_that_are_caught_are_survived(self):
        with Run("out_of_memory_caught") as run:
            self.assertEqual(run.status, 0, run.err)
            said = run.said()
            self.assertEqual(said["ooms"], 4)
            self.assertEqual(len(run.files(".oom")), 3)
            first = report(run.snapshot(), "oom")["oom"]
            self.assertEqual(first["outcome"], "survived")
            self.assertEqual(first["ordinal"], 1)
            self.assertIn("4", info(run.recording()).split("ooms")[1].splitlines()[0])

    def test_backward_ends_when_an_error_comes_out_of_it(self):
        with Run("out_of_memory_in_backward") as run:
            self.assertEqual(run.status, 0, run.err)
            after = [b for b in report(run.recording())["largest_blocks"] if b["address"] == run.said()["after"]]
            self.assertEqual(len(after), 1)
            self.assertEqual(after[0]["phase"], "forward")

    def test_in_backward_the_line_in_forward_is_named(self):
        with Run("out_of_memory_in_an_operator_s_backward") as run:
            self.assertEqual(run.status, 1)
            self.assertIn("by backward of deaths.py:", memviz("report", run.snapshot()).stdout)

    def named(self, path, gradients, prefix=""):
        """These gradients are there, and known by name."""
        blocks = {b["address"]: b for b in report(path, "oom")["largest_blocks"]}
        for name, address in gradients.items():
            self.assertEqual((blocks[address]["band"], blocks[address]["name"]), ("gradient", f"{prefix}{name}/grad"))

    def test_the_gradients_of_a_backward_that_fails_have_names(self):
        with Run("out_of_memory_with_gradients") as run:
            self.assertEqual(run.status, 0, run.err)
            gradients = run.said()["gradients"]
            self.assertEqual(len(gradients), 6)
            for path in (run.snapshot(), run.recording()):
                self.named(path, gradients)

    def test_gradients_are_read_when_no_other_backward_runs_any_more(self):
        with Run("out_of_memory_beside_a_backward") as run:
            self.assertEqual(run.status, 0, run.err)
            self.assertEqual((len(run.said()["gradients"]), len(run.said()["others"])), (8, 8))
            for path in (run.snapshot(), run.recording()):
                self.named(path, run.said()["gradients"], "Sequential.")

    def test_where_there_is_no_python_the_operator_is_named(self):
        with Run("out_of_memory_in_an_operator_s_backward", MEMVIZ_LABELS="0") as run:
            self.assertEqual(run.status, 1)
            self.assertIn("by LogSoftmaxBackward0::apply", memviz("report", run.snapshot()).stdout)

    def test_the_message_is_pytorch_s_own(self):
        with Run("out_of_memory") as with_us, Run("out_of_memory", record=False) as without:
            self.assertEqual(with_us.err.splitlines()[-1], without.err.splitlines()[-1])


class Ends(unittest.TestCase):
    def test_a_kill_leaves_everything(self):
        with Run("killed") as run:
            self.assertEqual(run.status, -signal.SIGKILL)
            said, path = run.said(), run.recording()
            self.assertNotIn(" yet", info(path))
            self.assertEqual(events(path)["allocs"], said["allocs"])
            self.assertEqual(events(path)["live"], said["live"])
            self.assertEqual(memviz("snapshot", path).returncode, 0)
            self.assertEqual(events(path)["live"], said["live"])
            page = os.path.join(run.folder, "page.html")
            self.assertEqual(memviz("html", path, "-o", page).returncode, 0)
            self.assertGreater(os.path.getsize(page), 50000)

    def test_a_kill_in_the_first_step_does_not_deny_the_optimizer(self):
        with Run("killed_in_its_first_step") as run:
            self.assertEqual((run.status, run.said()), (-signal.SIGKILL, {"steps": 0}))
            self.assertRegex(info(run.recording()), r"\n  owners +told at each optimizer step\n")

    def test_a_snapshot_from_outside_while_it_trains(self):
        run = Run("for_ever")
        child = subprocess.Popen(run.command, env=run.environment, stdout=subprocess.PIPE, text=True, cwd=run.folder)
        try:
            self.assertIn("ready", child.stdout.readline())
            for i in range(5):
                out = os.path.join(run.folder, f"out{i}.memviz")
                done = memviz("snapshot", str(child.pid), "-o", out)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(memviz("check", out).returncode, 0)
                self.assertGreater(events(out)["live"], 0)
            self.assertIsNone(child.poll())
        finally:
            child.kill()
            child.communicate()
            shutil.rmtree(run.folder)


class Ranges(unittest.TestCase):
    def phases(self, program="ranges", **settings):
        with Run(program, **settings) as run:
            self.assertEqual(run.status, 0, run.err)
            said, seen = run.said(), report(run.recording())
            phase = {b["address"]: b["phase"] for b in seen["largest_blocks"]}
            # A range around the step does not hide the optimizer's phase in it.
            self.assertIn(("optimizer", said["state"]), [(b["band"], b["bytes"]) for b in seen["bands"]])
            with open(run.recording(), "rb") as file:
                return [phase[a] for a in said["addresses"]], file.read()

    def test_nvtx_ranges_are_phases_where_asked_for_and_hide_no_other(self):
        phases, names = self.phases(NVTX_INJECTION64_PATH=os.path.join(BUILD, "libmemviz.so"))
        self.assertEqual(phases, ["forward", "user", "user", "forward"])
        for name in (b"stage one", b"stage two"):
            self.assertIn(name, names)

    def test_nvtx_ranges_are_left_alone_where_not_asked_for(self):
        phases, names = self.phases()
        self.assertEqual(set(phases), {"forward"})
        self.assertNotIn(b"stage one", names)

    def test_record_function_s_ranges_are_phases_though_no_profiler_runs(self):
        phases, names = self.phases("named_ranges")
        self.assertEqual(phases, ["forward", "user", "user", "forward"])
        for name in (b"encoder", b"layer 0", b"decoder", b"Optimizer.step#AdamW.step", b"Optimizer.zero_grad#AdamW.zero_grad",
                     b"those of record_function are phases"):
            self.assertIn(name, names)

    def test_record_function_s_ranges_are_labels(self):
        with Run("named_ranges", MEMVIZ_LABELS="0") as run:
            self.assertEqual(run.status, 0, run.err)
            with open(run.recording(), "rb") as file:
                self.assertNotIn(b"encoder", file.read())


class Names(unittest.TestCase):
    def test_parameters_that_come_later_have_names_too(self):
        with Run("later") as run:
            self.assertEqual(run.status, 0, run.err)
            said = run.said()
            names = {b["address"]: b["name"] for b in report(run.recording())["largest_blocks"]}
            self.assertEqual(names[said["first"][0]], "0.0.weight")
            self.assertEqual([names[a] for a in said["second"]],
                             [f"Sequential.{i}.0.{part}" for i in range(2) for part in ("weight", "bias")])
            self.assertEqual([names[a] for a in said["states"]], [names[a] + "/exp_avg" for a in said["second"]])
            self.assertIsNone(names[said["loose"]])


    def test_the_gradients_of_a_step_that_becomes_a_graph_have_names(self):
        with Run("captured") as run:
            self.assertEqual(run.status, 0, run.err)
            names = {b["address"]: b["name"] for b in report(run.recording())["largest_blocks"]}
            gradients = run.said()["gradients"]
            self.assertEqual({name: names[address] for name, address in gradients.items()},
                             {name: name + "/grad" for name in gradients})
            self.assertEqual(len(gradients), 8)


class Copied(unittest.TestCase):
    def test_what_comes_from_the_host_is_told_from_what_is_made_on_the_card(self):
        with Run("copied") as run:
            self.assertEqual(run.status, 0, run.err)
            said = run.said()
            blocks = {b["address"]: b for b in report(run.recording())["largest_blocks"]}
            for address in said["given"]:
                self.assertEqual((blocks[address]["band"], blocks[address]["reason"]), ("other", "copied from the host"))
            for address in said["made"]:
                self.assertNotIn("copied", blocks[address]["reason"])
            self.assertEqual((blocks[said["weight"]]["band"], blocks[said["weight"]]["name"]), ("parameter", "0.0.weight"))


class Workspaces(unittest.TestCase):
    def test_what_cublas_computes_with_is_known(self):
        """Where PyTorch keeps it: one for each thread that multiplies, the main one and autograd's."""
        with Run("multiplies", CUBLAS_WORKSPACE_CONFIG=":4096:3") as run:
            self.assertEqual(run.status, 0, run.err)
            given = [line.split() for line in blocks_of(run.recording(), "why") if line.split()[3] == str(12 * MIB)]
            self.assertGreaterEqual(len(given), 2)
            kept = [(row[4], row[7]) for row in given if row[1] == "0"]
            self.assertEqual(kept, [("other", "cuBLAS_computes_with_it")] * (2 if kept else 0))
            self.assertEqual({row[4] for row in given if row[1] != "0"}, set() if kept else {"temporary"})


class Saved(unittest.TestCase):
    """What autograd keeps for backward is known, not guessed."""

    def test_what_autograd_s_graph_holds_is_activation_and_nothing_else_is(self):
        with Run("saved") as run:
            self.assertEqual(run.status, 0, run.err)
            said, path = run.said(), run.recording()
            blocks = {b["address"]: (b["band"], b["reason"]) for b in report(path)["largest_blocks"]}
            self.assertGreater(len(said["kept"]), 8)
            for address in said["kept"]:
                self.assertEqual(blocks[address], ("activation", "kept by autograd for backward"))
            self.assertEqual(blocks[said["held"]], ("other", "held by the program: backward does not need it"))
            self.assertEqual({a for a in blocks if blocks[a][0] == "activation"}, set(said["kept"]))
            self.assertIn("every tensor that autograd keeps", info(path))

    def test_a_checkpoint_s_forward_keeps_nothing_until_it_is_run_again(self):
        with Run("checkpointed") as run:
            self.assertEqual(run.status, 0, run.err)
            rows = [line.split() for line in blocks_of(run.recording())]
            bands = []
            for when, address, is_main in run.said()["facts"]:
                lives = [r for r in rows if int(r[2]) == address and int(r[0]) < when < (int(r[1]) or 2 * when)]
                self.assertEqual(len(lives), 1)
                bands.append((is_main, lives[0][4]))
            self.assertEqual(bands, [(True, "temporary")] * 2 + [(False, "activation")] * 2)

    def test_labels_can_be_switched_off(self):
        with Run("saved", MEMVIZ_LABELS="0") as run:
            self.assertEqual(run.status, 0, run.err)
            self.assertEqual(info(run.recording()).count("not asked for"), 4)
            self.assertNotIn("kept by autograd", memviz("report", run.recording(), "--json", "--top=1000").stdout)


class Guest(unittest.TestCase):
    """The program cannot tell that somebody is watching."""

    def test_workers_leave_nothing(self):
        with Run("loader") as run:
            self.assertEqual(run.status, 0, run.err)
            self.assertEqual(run.said()["batches"], 8)
            self.assertEqual(len(run.files()), 1)

    def same_with_and_without(self, name):
        with Run(name) as with_us, Run(name, record=False) as without:
            self.assertEqual(with_us.status, 0, with_us.err)
            self.assertEqual(with_us.said(), without.said())

    def test_torch_s_profiler_sees_what_it_sees_without_us(self):
        self.same_with_and_without("profiled")

    def test_torch_s_own_history_is_the_same_with_us(self):
        self.same_with_and_without("history")

    def test_torch_s_compiler_does_not_stumble_over_us(self):
        self.same_with_and_without("compiled")

    def test_a_block_s_stack_names_the_line_that_made_it(self):
        with Run("frames") as run:
            said = run.said()
            block = [b for b in report(run.recording())["largest_blocks"] if b["address"] == said["address"]][0]
            python = [(f["function"], f["line"]) for f in block["frames"] if f["function"] and f["line"]]
            self.assertIn(("frames.<locals>.made_here", said["line"]), python)
            self.assertIn(("frames", said["line"] + 2), python)

    def test_every_block_s_python_frames_are_those_that_python_gives(self):
        with Run("places") as run:
            made = run.said()["made"]
            blocks = {str(b["address"]): b["frames"] for b in report(run.recording())["largest_blocks"]}
            found = {address: [[f["function"], f["file"], f["line"]] for f in blocks[address] if not f["module"]]
                     for address in made if address in blocks}
            self.assertGreater(len(found), 50)
            for address, frames in found.items():
                # The operator's own Python lies between the call and the allocation.
                inner = frames[:len(frames) - len(made[address])]
                self.assertEqual(frames[len(inner):], made[address])
                self.assertEqual([f for f in inner if not f[1].endswith("/torch/_ops.py")], [])

    def test_a_block_s_origin_is_the_user_s_own_line(self):
        with Run("origins") as run:
            origins = {b["address"]: b["origin"] for b in report(run.recording())["largest_blocks"]}
            lines = run.said()["lines"]
            self.assertEqual(len(lines), 11)
            for address, (file, line) in lines.items():
                origin = origins[int(address)]
                self.assertEqual((origin["file"], origin["line"], origin["code"]), (file, line, "own"))
            self.assertRegex(origins[run.said()["gradient"]]["function"], "^torch::autograd::AccumulateGrad::apply")


if __name__ == "__main__":
    unittest.main()
