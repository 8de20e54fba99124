# SPDX-License-Identifier: Apache-2.0
"""Recordings and pages for the tests: forged, written by the program under test, kept below the build folder."""

import json
import os
import subprocess
import time
import unittest

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
FOLDER = os.path.join(BUILD, "web")
MEMVIZ = os.path.join(BUILD, "bin", "memviz")
FORGES = (os.path.join(BUILD, "tests", "forge"), os.path.join(BUILD, "tests", "scenes"))
READY_S = 60


def missing():
    """What was not built, None if nothing."""
    absent = [path for path in (MEMVIZ, *FORGES) if not os.path.exists(path)]
    return f"not built: {absent[0]}" if absent else None


def skip_without(browser=None):
    """For setUpModule: skips where something was not built, or BROWSER (driver, marionette) is not there."""
    reason = (browser and browser.missing()) or missing()
    if reason:
        raise unittest.SkipTest(reason)


def path_of(name):
    os.makedirs(FOLDER, exist_ok=True)
    return os.path.join(FOLDER, name)


def recording(scenario, name=None):
    """The path of the forged recording SCENARIO: of tests/cli/forge.c, or of scenes.c beside this file."""
    path = path_of((name or scenario) + ".memviz")
    if not os.path.exists(path) or os.path.getmtime(path) < max(os.path.getmtime(forge) for forge in FORGES):
        if os.path.exists(path):
            os.remove(path)
        if subprocess.run([FORGES[0], scenario, path], stderr=subprocess.DEVNULL, check=False).returncode:
            subprocess.run([FORGES[1], scenario, path], check=True)
    return path


def page(*recordings):
    """The path of the page of these recordings, written anew; how long that took, s."""
    path = path_of(os.path.basename(recordings[0]).removesuffix(".memviz") + (f"-{len(recordings)}" if recordings[1:] else "") + ".html")
    start = time.monotonic()
    subprocess.run([MEMVIZ, "html", *recordings, "-o", path], check=True)
    return path, time.monotonic() - start


def report(path, *options):
    """What `memviz report --json` says."""
    out = subprocess.run([MEMVIZ, "report", "--json", path, *options], check=True, stdout=subprocess.PIPE).stdout
    return json.loads(out)


def info(path):
    """What `memviz info` says."""
    return subprocess.run([MEMVIZ, "info", path], check=True, stdout=subprocess.PIPE, text=True).stdout


def size_text(size_bytes):
    """As people read it: "1.5 GiB"; at most one digit behind the point, none from 100 on."""
    units = ["B", "KiB", "MiB", "GiB", "TiB"]
    size = float(size_bytes)
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    tenths = int(size * 10 + 0.5)
    return f"{tenths / 10:.0f} {units[0]}" if tenths >= 1000 or tenths % 10 == 0 else f"{tenths / 10:.1f} {units[0]}"


def show(browser, path):
    """Open the page and wait until it is drawn."""
    browser.open("about:blank")
    browser.open("file://" + path)
    deadline = time.monotonic() + READY_S
    while not browser.run("return document.body?.dataset.ready"):
        if time.monotonic() > deadline:
            raise TimeoutError("the page is not ready: " + browser.run("return document.body.innerText.slice(0, 500)"))
        time.sleep(0.02)
    settle(browser)


def settle(browser):
    """Wait until what was asked for is drawn, movements too."""
    browser.run("return new Promise(done => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 300))")


def go_to(browser, time_ns):
    """Choose the moment, as a person does who types it."""
    browser.run("""const field = document.getElementById("moment");
        field.value = arguments[0] + " ns"; field.dispatchEvent(new Event("change"));""", time_ns)
    settle(browser)


def totals(browser):
    """The parts of the total and the sums that the page shows, in bytes."""
    return browser.run("""const bytes = (selector, key) => Object.fromEntries([...document.querySelectorAll(selector)].map(
        (element) => [element.dataset[key], Number(element.dataset.bytes)]));
        return {parts: bytes("#parts [data-part]", "part"), sums: bytes("#totals [data-total]", "total")};""")


def view(browser):
    """What is on the screen: begin and end in ns, low and high in bytes."""
    data = browser.run("return {...document.getElementById('plot').dataset};")
    return {key: float(data[key]) for key in ("begin", "end", "low", "high")}
