# SPDX-License-Identifier: Apache-2.0
"""Calls from every kind of place that Python has, and what the interpreter says itself of a stack there."""
import asyncio
import contextlib
import functools
import gc
import re
import sys
import weakref

import probe
from probe import Frame


# As they are when no thread has changed them; PyPy has none.
THRESHOLDS = getattr(gc, "get_threshold", tuple)()


def name_of(code):
    return getattr(code, "co_qualname", code.co_name)


def expected_frames(frame):
    """FRAME and its callers as the interpreter shows them; 0 is no line."""
    result = []
    while frame is not None:
        code = frame.f_code
        file = re.sub("[\ud800-\udfff]", "\ufffd", code.co_filename)
        result.append(Frame("python", file, frame.f_lineno or 0, name_of(code)))
        frame = frame.f_back
    return result


class Collector:
    """Compares stacks from wherever the code under test calls it."""

    def __init__(self, library):
        self.library = library
        self.wrong = []
        self.checks = 0

    def __call__(self, *ignored):
        frame = sys._getframe()
        stack, line = self.library.probe_capture(), frame.f_lineno
        expected = expected_frames(frame)
        expected[0] = expected[0]._replace(line=line)
        found = probe.python_frames(stack)
        self.checks += 1
        if found != expected:
            self.wrong.append((found, expected))
        return 0


class Shapes:
    """A call from every kind of place that Python has."""

    def __init__(self, check):
        self.check = check
        check()

    @property
    def attribute(self):
        return self.check()

    def __getattr__(self, name):
        if name == "missing":
            return self.check()
        raise AttributeError(name)

    def __add__(self, other):
        self.check()
        return self

    def __matmul__(self, other):
        self.check()
        return self

    def __lt__(self, other):
        self.check()
        return False

    def __enter__(self):
        self.check()
        return self

    def __exit__(self, *exception):
        self.check()

    def __iter__(self):
        yield self.check()

    def __call__(self):
        return self.check()

    def __getitem__(self, index):
        return self.check()

    def __init_subclass__(cls):
        cls.member.check()

    def __set_name__(self, owner, name):
        self.check()

    def __del__(self):
        self.check()


def generator(check, depth):
    check()
    if depth:
        yield from generator(check, depth - 1)
    yield 1


async def coroutine(check, depth):
    check()
    if depth:
        await coroutine(check, depth - 1)
    await asyncio.sleep(0)
    check()


async def async_generator(check):
    for i in range(3):
        check()
        yield i


@contextlib.contextmanager
def surround(check):
    check()
    try:
        yield
    except ValueError:
        check()


@contextlib.asynccontextmanager
async def surround_async(check):
    check()
    yield
    await coroutine(check, 1)


async def gather(check):
    await asyncio.gather(coroutine(check, 3), coroutine(check, 1))
    async for _ in async_generator(check):
        check()
    [check() async for _ in async_generator(check)]
    async with surround_async(check):
        check()


def decorate(function):
    @functools.wraps(function)
    def wrapper(*args, **options):
        return function(*args,
                        **options)
    return wrapper


@decorate
def recurse(check, depth):
    if depth:
        return [recurse(check, depth - 1)
                for _ in (1,)]
    return check(
        depth)


def naïve_δ(check):
    check()


def 𐐀(check):
    check()


def fail_and_clean_up(check):
    try:
        raise ValueError
    except ValueError:
        check()
    finally:
        check()


def call_by_operators(check):
    shapes = Shapes(check)
    shapes.attribute
    shapes.missing
    shapes + shapes
    shapes @ shapes
    sorted([shapes, shapes])
    list(shapes)
    with shapes:
        check()
    shapes()
    shapes[0]
    type("Made", (Shapes,), {"__set_name__": check, "member": Shapes(check)})


def call_by_iteration(check):
    list(generator(check, 4))
    list(map(lambda value: check(), [1, 2]))
    functools.reduce(lambda a, b: check(), [1, 2, 3])
    {key: check() for key in range(2)}
    [check() for _ in range(2)]
    next(check() for _ in range(1))
    sorted([2, 1], key=check)
    functools.partial(map, check)([1]).__next__()
    functools.lru_cache(check)(1)
    re.sub("a", lambda match: str(check()), "banana")
    with surround(check):
        raise ValueError
    generator(check, 2).close()


def call_by_collector(check):
    """The garbage collector runs in any place, that in which a function has not begun included."""
    gc.set_threshold(1)
    try:
        for _ in range(3):
            cycle = Shapes(check)
            cycle.me = cycle
            weakref.finalize(cycle, check)
            (lambda cell: lambda: cell)([cycle])
            del cycle
            with_cells(check, [])
    finally:
        gc.set_threshold(*THRESHOLDS)
        gc.collect()


def with_cells(check, *values):
    def inner():
        return check, values, more
    more = [inner]
    return [[value, {}, (more,)] for value in generator(lambda: (inner, []), 3)]



def call_by_source(check):
    exec(compile("\n\n\ncheck()\nclass Body:\n  attribute = check()\n", "<generated é>", "exec"), {"check": check})
    eval("check()", {"check": check})
    eval(compile("\n" * 70000 + "check()", "far down", "eval"), {"check": check})
    exec(compile("def long(check):\n" + "  check()\n\n" * 3 + "  x = 0\n" * 600 + "  check(\n\n\n  x)\nlong(check)\n",
                 "long \udc80", "exec"), {"check": check})
    if sys.version_info >= (3, 10):
        exec("match [1, check()]:\n  case [1, y] if not check():\n    check()\n", {"check": check})
        eval(compile("check()", "without lines", "eval").replace(co_linetable=b""), {"check": check})
    if sys.version_info >= (3, 11):
        exec("try:\n  raise ExceptionGroup('', [ValueError()])\nexcept* ValueError:\n  check()\n", {"check": check})


def call_when_traced(check):
    """Tracing changes the bytecode that runs, and has frames of its own."""
    def trace(frame, event, argument):
        check()
        return trace if event == "call" else None
    sys.settrace(trace)
    try:
        naïve_δ(check)
        list(generator(check, 1))
    finally:
        sys.settrace(None)


def call_everywhere(check):
    call_by_operators(check)
    call_by_iteration(check)
    call_by_source(check)
    call_by_collector(check)
    call_when_traced(check)
    recurse(check, 12)
    naïve_δ(check)
    𐐀(check)
    fail_and_clean_up(check)
    asyncio.run(gather(check))


def call_deep(check, depth):
    return call_deep(check, depth - 1) if depth else check()


def call_deep_through_c(call, depth):
    return list(map(lambda _: call_deep_through_c(call, depth - 1), [1]))[0] if depth else call()
