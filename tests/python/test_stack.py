# SPDX-License-Identifier: Apache-2.0
"""Stacks of Python programs: what lib/python reads without the GIL is what the interpreter says itself."""
import os
import subprocess
import sys
import textwrap
import threading
import unittest
import warnings

import probe
from probe import FREE, HOLD, Frame
from shapes import Collector, call_deep, call_deep_through_c, call_everywhere

PARTS = probe.start()

# Versions whose frames are not read have one test of their own.
IS_CPYTHON = sys.implementation.name == "cpython"
IS_KNOWN = IS_CPYTHON and (3, 8) <= sys.version_info[:2] <= (3, 14) and getattr(sys, "_is_gil_enabled", lambda: True)()

# How many stacks each test of frames compares, at least, and how often interpreters end.  Debug builds are slow.
CAPTURES = int(os.environ.get("MEMVIZ_CAPTURES", 0)) // (10 if hasattr(sys, "gettotalrefcount") else 1)
ENDS = int(os.environ.get("MEMVIZ_ENDS", 5))

# Packages for each version of Python, for tests that are skipped without.
PACKAGES = os.path.join(os.environ.get("MEMVIZ_PACKAGES", ""), "%d.%d" % sys.version_info[:2])
sys.path.append(PACKAGES)
try:
    import greenlet
except ImportError:
    greenlet = None


def load_tests(loader, tests, pattern):
    if IS_KNOWN:
        return tests
    return loader.loadTestsFromTestCase(RefusedTest)


def call_often(check):
    call_everywhere(check)
    while check.checks < CAPTURES:
        call_everywhere(check)


class FramesTest(unittest.TestCase):
    def assert_right(self, check):
        self.assertGreater(check.checks, 0)
        for found, expected in check.wrong[:1]:
            self.assertEqual(found, expected)

    def test_frames_are_right_with_the_gil(self):
        check = Collector(HOLD)
        call_often(check)
        self.assert_right(check)

    def test_frames_are_right_without_the_gil(self):
        check = Collector(FREE)
        call_often(check)
        self.assert_right(check)

    def test_frames_are_right_in_threads(self):
        checks = [Collector((HOLD, FREE)[i & 1]) for i in range(4)]
        threads = [threading.Thread(target=call_everywhere, args=(check,)) for check in checks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for check in checks:
            self.assert_right(check)

    def test_frames_are_right_in_a_forked_child(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of forks with threads
            child = os.fork()
        if child == 0:
            status = 1
            try:
                probe.start()
                check = Collector(FREE)
                call_everywhere(check)
                status = 1 if check.wrong or not check.checks else 0
            finally:
                os._exit(status)
        self.assertEqual(os.waitpid(child, 0)[1], 0)

    def test_depth_of_300(self):
        check = Collector(FREE)
        call_deep(check, 300)
        self.assert_right(check)

    def test_same_place_same_stack(self):
        stacks = {FREE.probe_capture() for _ in range(5)}
        self.assertEqual(len(stacks), 1)
        self.assertNotEqual(stacks.pop(), FREE.probe_capture())

    def test_records_are_added_once(self):
        self.assertEqual(probe.count(probe.REPEATED), 0)

    def test_python_has_compared_and_agrees(self):
        for _ in range(1000):
            pass  # a safe point, at which the pending call is made
        self.assertRegex(probe.state(), r"^CPython 3\.%d, frames read$" % sys.version_info[1])


class MergeTest(unittest.TestCase):
    def test_every_evaluation_is_found(self):
        if sys.version_info < (3, 10):
            self.skipTest("no anchors before 3.10")
        unmatched = []
        call_everywhere(lambda *ignored: unmatched.append(FREE.probe_unmatched()) or 0)
        self.assertEqual(set(unmatched), {0})

    def test_evaluations_of_old_versions_are_found_by_name(self):
        if sys.version_info >= (3, 10):
            self.skipTest("has anchors")
        self.assertEqual(call_deep_through_c(FREE.probe_unmatched, 3), 0)

    def test_python_stands_between_what_called_it_and_what_it_called(self):
        stack = call_deep_through_c(FREE.probe_capture, 2)
        kinds = [(frame.kind, frame.name.split(".")[-1] if frame.kind == "python" else "")
                 for frame in probe.frames(stack)]
        runs = [kind for i, kind in enumerate(kinds) if i == 0 or kinds[i - 1] != kind]
        native, outer, inner = ("native", ""), ("python", "call_deep_through_c"), ("python", "<lambda>")
        between = [] if sys.version_info >= (3, 11) else [native]  # from 3.11, Python calls Python without C
        self.assertEqual(runs[:7 + 2 * len(between)],
                         [native, outer, *between, inner, native, outer, *between, inner, native])
        self.assertEqual(kinds[-1][0], "native")

    def test_callback_from_c(self):
        stack = HOLD.probe_capture_in_callback(probe.CALLBACK(lambda: HOLD.probe_capture()))
        objects = [frame.file for frame in probe.frames(stack)]
        names = [frame.name for frame in probe.python_frames(stack)]
        self.assertIn(os.path.realpath(probe.PATH), map(os.path.realpath, objects))
        self.assertEqual(names[1].split(".")[-1], "test_callback_from_c")

    def test_thread_without_python(self):
        found = probe.frames(FREE.probe_capture_elsewhere())
        self.assertTrue(found)
        self.assertEqual({frame.kind for frame in found}, {"native"})


@unittest.skipUnless(greenlet, "there is no greenlet")
class GreenletTest(unittest.TestCase):
    """Greenlets change a thread's frames, and its stack, behind the interpreter's back."""

    def run_greenlets(self, call, count):
        """CALL in greenlets that take turns, each within a generator, a callback and its starter."""
        def turn(*ignored):
            greenlet.getcurrent().parent.switch()
            return call()

        def live(depth):
            if depth:
                return list(map(live, [depth - 1]))
            return [turn() for _ in range(3)]
        living = [greenlet.greenlet(live) for _ in range(count)]
        for i, one in enumerate(living):
            one.switch(i)
        while any(living):
            for one in living:
                if one:
                    one.switch()

    def test_frames_are_right(self):
        for library in (HOLD, FREE):
            check = Collector(library)
            self.run_greenlets(check, 5)
            self.assertEqual(check.checks, 15)
            for found, expected in check.wrong[:1]:
                self.assertEqual(found, expected)

    def test_frames_are_right_everywhere(self):
        check = Collector(FREE)
        greenlet.greenlet(call_everywhere).switch(check)
        self.assertGreater(check.checks, 0)
        for found, expected in check.wrong[:1]:
            self.assertEqual(found, expected)

    @unittest.skipIf(sys.version_info < (3, 10), "no anchors before 3.10")
    def test_every_evaluation_is_found(self):
        unmatched = []
        self.run_greenlets(lambda: unmatched.append(FREE.probe_unmatched()), 5)
        self.assertEqual(unmatched, 15 * [0])


class DeepTest(unittest.TestCase):
    def setUp(self):
        self.limit = sys.getrecursionlimit()
        sys.setrecursionlimit(5000)

    def tearDown(self):
        sys.setrecursionlimit(self.limit)

    def test_deep_recursion_is_cut_at_the_root(self):
        before = probe.count(probe.CUT)
        found = probe.frames(call_deep(FREE.probe_capture, 900))
        self.assertEqual(found[-1], Frame("label", "…cut", 0, ""))
        names = [frame.name for frame in found if frame.kind == "python"]
        self.assertGreaterEqual(len(names), 400)
        self.assertEqual(set(names), {"call_deep"})
        self.assertEqual(probe.count(probe.CUT), before + 1)

    def test_deep_native_stack_is_cut_at_the_root(self):
        found = probe.frames(call_deep_through_c(FREE.probe_capture, 150))
        self.assertEqual(found[-1].file, "…cut")
        self.assertEqual([frame.kind for frame in found].count("label"), 1)


class CodeTest(unittest.TestCase):
    """Python gives the addresses of dead code objects to new ones."""

    def capture_in(self, i, name, file):
        padding = "\n" * (i % 7)
        namespace = {}
        exec(compile("%sdef %s(capture):\n    return capture()\n" % (padding, name), file, "exec"), namespace)
        function = namespace[name]
        found = probe.python_frames(function(FREE.probe_capture))[0]
        self.assertEqual(found, Frame("python", file, 2 + i % 7, name))
        return id(function.__code__)

    def test_new_code_at_an_old_address(self):
        addresses = [self.capture_in(i, "function_%d" % i, "<generated %d>" % i) for i in range(2000)]
        self.assertLess(len(set(addresses)), len(addresses))

    def test_new_code_of_the_same_name_at_an_old_address(self):
        addresses = [self.capture_in(i, "function", "<string>") for i in range(2000)]
        self.assertLess(len(set(addresses)), len(addresses))

    def test_deaths_of_other_code_leave_stacks_alone(self):
        before = probe.count(probe.STACKS)
        for i in range(2000):
            eval("%d" % i)
            FREE.probe_capture()
        self.assertLess(probe.count(probe.STACKS), before + 10)


class LayoutTest(unittest.TestCase):
    def results(self, delta):
        fields = []
        while HOLD.probe_field(len(fields)):
            fields.append(HOLD.probe_field(len(fields)).decode())
        return {field: HOLD.probe_try_layout(i, delta) for i, field in enumerate(fields)}

    def test_the_right_layout_is_taken(self):
        self.assertEqual(set(self.results(0).values()), {0})

    def test_wrong_layouts_are_refused(self):
        for delta in (8, -8, 16, 4, -4, 2):
            wrong = self.results(delta)
            taken = {field for field, result in wrong.items() if result == 0}
            self.assertEqual(taken, set(), "delta %d" % delta)


class RefusedTest(unittest.TestCase):
    def test_frames_of_unknown_versions_are_not_read(self):
        if IS_KNOWN:
            self.skipTest("this version is known")
        self.assertEqual(PARTS, probe.NATIVE)
        expected = r"^CPython 3\.%d, .* not read$" % sys.version_info[1] if IS_CPYTHON else "^PyPy: frames not read$"
        self.assertRegex(probe.state(), expected)
        self.assertEqual({frame.kind for frame in probe.frames(FREE.probe_capture())}, {"native"})


class ProcessTest(unittest.TestCase):
    """What needs an interpreter of its own."""

    def run_python(self, source, *options):
        source = "import probe\nfrom probe import FREE, HOLD\nprobe.start()\n" + textwrap.dedent(source)
        done = subprocess.run([sys.executable, *options, "-c", source], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=120, cwd=os.path.dirname(os.path.abspath(__file__)))
        self.assertEqual((done.returncode, done.stderr.decode()), (0, ""))
        return done.stdout.decode()

    def test_threads_go_on_while_the_interpreter_ends(self):
        for _ in range(ENDS):
            self.run_python("""
                import threading, time
                def capture_for_ever():  # a return to Python, now and then, would meet with mistakes of its own
                    FREE.probe_bench(1000000000)
                def deep(n):
                    return deep(n - 1) if n else capture_for_ever()
                for _ in range(3):
                    threading.Thread(target=deep, args=(20,), daemon=True).start()
                time.sleep(0.02)
            """)

    def test_the_first_capture_comes_from_a_thread(self):
        out = self.run_python("""
            import threading
            def capture():
                print([frame.name for frame in probe.python_frames(FREE.probe_capture())][0])
            thread = threading.Thread(target=capture)
            thread.start()
            thread.join()
            print(probe.state().split(", ")[1])
        """)
        self.assertEqual(out, "capture\nframes read\n")

    def test_the_first_capture_comes_from_a_greenlet(self):
        if not greenlet:
            self.skipTest("there is no greenlet")
        out = self.run_python("""
            import sys
            sys.path.append(%r)
            import greenlet
            def capture():
                print([frame.name for frame in probe.python_frames(FREE.probe_capture())])
            def start():
                greenlet.greenlet(capture).switch()
            greenlet.greenlet(start).switch()
            print(probe.state().split(", ")[1])
        """ % PACKAGES)
        self.assertEqual(out, "['capture']\nframes read\n")

    def test_captures_at_exit(self):
        self.run_python("""
            import atexit
            class Late:
                def __del__(self):
                    assert FREE.probe_capture()
            late = Late()
            late.me = late
            atexit.register(lambda: FREE.probe_capture())
        """)

    def test_forks_with_threads(self):
        out = self.run_python("""
            import os, threading, warnings
            warnings.simplefilter("ignore")
            is_done = False
            def capture_for_ever():
                while not is_done:
                    FREE.probe_bench(200)
            threads = [threading.Thread(target=capture_for_ever) for _ in range(2)]
            for thread in threads:
                thread.start()
            good = 0
            for _ in range(100):
                child = os.fork()
                if child == 0:
                    probe.start()
                    names = [frame.name for frame in probe.python_frames(FREE.probe_capture())]
                    os._exit(0 if names == ["<module>"] else 1)
                good += os.waitpid(child, 0)[1] == 0
            is_done = True
            print(good)
        """)
        self.assertEqual(out, "100\n")

    def test_signal_handlers_capture(self):
        self.run_python("""
            import signal
            signal.signal(signal.SIGALRM, lambda *ignored: HOLD.probe_capture())
            signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
            for _ in range(200):
                HOLD.probe_bench(200)
            signal.setitimer(signal.ITIMER_REAL, 0)
        """)

    def run_with_interpreters(self, source):
        return self.run_python("""
            import os, sys, threading
            try:
                import _interpreters as interpreters
                old = "legacy"
            except ImportError:
                import _xxsubinterpreters as interpreters
                old = {"isolated": False} if sys.version_info >= (3, 9) else {}
            new = interpreters.create
            def create():
                return new(old) if isinstance(old, str) else new(**old)
            prologue = "import sys; sys.path = %r; import probe; capture = probe.FREE.probe_capture\\n" % (sys.path,)
            def names(stack):
                return [frame.name for frame in probe.python_frames(stack)]
        """ + textwrap.dedent(source).replace("\n", "\n" + 12 * " "))

    # Python knows one state for a thread: to 3.11 that of the interpreter in which it began, then that of the one that runs.
    def test_sub_interpreters_show_one_interpreter(self):
        out = self.run_with_interpreters("""
            FREE.probe_capture()
            interpreter = create()
            read, write = os.pipe()
            def call():
                interpreters.run_string(interpreter, prologue + '''
            import os
            def inner():
                return capture()
            os.write(%d, b"%%d" %% inner())
            '''.replace("            ", "") % write)
            call()
            print(names(int(os.read(read, 10))))
            interpreters.destroy(interpreter)
            print(names(FREE.probe_capture()), probe.state().split(", ")[1])
        """)
        shown = "call" if sys.version_info < (3, 12) else "inner"
        self.assertEqual(out, "['%s', '<module>']\n['<module>'] frames read\n" % shown)

    def test_sub_interpreters_in_threads(self):
        out = self.run_with_interpreters("""
            FREE.probe_capture()
            def live(interpreter):
                for _ in range(20):
                    interpreters.run_string(interpreter, prologue + '''
            for i in range(100):
                exec("def f(): return capture()", globals())
                f()
            '''.replace("            ", ""))
            living = [create() for _ in range(3)]
            threads = [threading.Thread(target=live, args=(interpreter,)) for interpreter in living]
            for thread in threads:
                thread.start()
            wrong = 0
            while any(thread.is_alive() for thread in threads):
                wrong += names(FREE.probe_capture()) != ["<module>"]
            for thread in threads:
                thread.join()
            for interpreter in living:
                interpreters.destroy(interpreter)
            print(wrong, probe.state().split(", ")[1])
        """)
        self.assertEqual(out, "0 frames read\n")

    def test_python_only(self):
        done = subprocess.run(
            [sys.executable, "-c", "import probe; probe.start(probe.PYTHON)\n"
             "print({f.kind for f in probe.frames(probe.FREE.probe_capture())})"],
            stdout=subprocess.PIPE, timeout=60, cwd=os.path.dirname(os.path.abspath(__file__)))
        self.assertEqual(done.stdout.decode(), "{'python'}\n")

    def test_native_only(self):
        done = subprocess.run(
            [sys.executable, "-c", "import probe; probe.start(probe.NATIVE)\n"
             "print({f.kind for f in probe.frames(probe.FREE.probe_capture())}, probe.state())"],
            stdout=subprocess.PIPE, timeout=60, cwd=os.path.dirname(os.path.abspath(__file__)))
        self.assertEqual(done.stdout.decode(), "{'native'} not asked for\n")


if __name__ == "__main__":
    unittest.main()
