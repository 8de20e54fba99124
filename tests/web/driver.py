# SPDX-License-Identifier: Apache-2.0
"""A browser that is driven over WebDriver: as much of the protocol as the page's tests need.

Chromium is looked for as chromium, chromium-browser or google-chrome; its driver as chromedriver.  Nothing else than
Python's own library is needed.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key of an element, as the standard has it
STARTED = re.compile(rb"started successfully on port (\d+)")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
TIMEOUT_S = 120


def missing():
    """What this machine lacks to run a browser, None if nothing."""
    if not any(shutil.which(name) for name in BROWSERS):
        return "no Chromium (Debian: chromium)"
    return None if shutil.which("chromedriver") else "no chromedriver (Debian: chromium-driver)"


class Browser:
    """One window. Use it in a with statement."""

    def __init__(self, width=1280, height=800, arguments=()):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{self._port()}"
        flags = ["--headless=new", "--disable-gpu", "--hide-scrollbars", f"--window-size={width},{height}", *arguments]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")
        binary = next(path for path in map(shutil.which, BROWSERS) if path)
        made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            "goog:chromeOptions": {"args": flags, "binary": binary}}}})
        self.session = f"/session/{made['sessionId']}"
        self.screen(width, height)

    def _port(self):
        for line in self.driver.stdout:
            found = STARTED.search(line)
            if found:
                return int(found.group(1))
        raise RuntimeError("chromedriver did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._call("DELETE", self.session)
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.driver.stdout.close()

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from None

    def _do(self, path, **body):
        return self._call("POST", self.session + path, body)

    def open(self, url):
        self._do("/url", url=url)

    def run(self, script, *arguments):
        """The value of a function body; it may be a promise."""
        return self._do("/execute/sync", script=script, args=list(arguments))

    def find(self, selector):
        """All elements that match."""
        return [item[ELEMENT] for item in self._do("/elements", using="css selector", value=selector)]

    def click(self, selector):
        self._do(f"/element/{self.find(selector)[0]}/click")

    def type(self, selector, text):
        self._do(f"/element/{self.find(selector)[0]}/value", text=text)

    def keys(self, *keys):
        """Press and release each, wherever the focus is."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._do("/actions", actions=[{"type": "key", "id": "keys", "actions": actions}])

    def point(self, *steps, kind="mouse"):
        """Move through STEPS, (x, y) in the window; "down" and "up" press and release."""
        actions = []
        for step in steps:
            if step in ("down", "up"):
                actions.append({"type": "pointerDown" if step == "down" else "pointerUp", "button": 0})
            else:
                actions.append({"type": "pointerMove", "x": round(step[0]), "y": round(step[1]), "duration": 30})
        self._do("/actions", actions=[{"type": "pointer", "id": kind, "parameters": {"pointerType": kind}, "actions": actions}])
        self._call("DELETE", self.session + "/actions")

    def wheel(self, x, y, dx=0, dy=0):
        self._do("/actions", actions=[{"type": "wheel", "id": "wheel", "actions": [
            {"type": "scroll", "x": round(x), "y": round(y), "deltaX": dx, "deltaY": dy, "duration": 0}]}])

    def log(self, kind):
        """What was logged since the last call; kind: browser, performance."""
        return self._do("/se/log", type=kind)

    def devtools(self, command, **parameters):
        return self._do("/goog/cdp/execute", cmd=command, params=parameters)

    def screen(self, width, height, ratio=1, mobile=False):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=ratio, mobile=mobile)
        self.devtools("Emulation.setTouchEmulationEnabled", enabled=mobile)

    def scheme(self, name):
        """Prefer "light" or "dark"; "" for the browser's own."""
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def screenshot(self, path, whole=False):
        picture = self.devtools("Page.captureScreenshot", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))
