# SPDX-License-Identifier: Apache-2.0
"""Firefox, driven over the protocol that it speaks itself (Marionette), so that no geckodriver is needed.

A message is its length in bytes, a colon, and JSON: [0, id, command, parameters], answered by [1, id, error, result].
"""

import base64
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time

BROWSERS = ("firefox-esr", "firefox")
START_S = 60


def missing():
    """What this machine lacks, None if nothing."""
    return None if any(map(shutil.which, BROWSERS)) else "no Firefox (Debian: firefox-esr)"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Firefox:
    """One window. Use it in a with statement."""

    def __init__(self, width=1280, height=800):
        self.profile = tempfile.mkdtemp(prefix="memviz-firefox-")
        port = free_port()
        with open(os.path.join(self.profile, "user.js"), "w", encoding="utf-8") as preferences:
            preferences.write(f'user_pref("marionette.port", {port});\n')
        binary = next(path for path in map(shutil.which, BROWSERS) if path)
        self.browser = subprocess.Popen([binary, "--headless", "--marionette", "--no-remote", "--profile", self.profile],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env={**os.environ, "HOME": self.profile})
        self.socket = self._connect(port)
        self.count = 0
        self._read()
        self._do("WebDriver:NewSession")
        self._do("WebDriver:SetWindowRect", width=width, height=height)

    def _connect(self, port):
        deadline = time.monotonic() + START_S
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=START_S)
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.browser.terminate()
        self.browser.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def _read(self):
        length = b""
        while not length.endswith(b":"):
            length += self.socket.recv(1)
        left, parts = int(length[:-1]), []
        while left:
            parts.append(self.socket.recv(min(left, 1 << 16)))
            left -= len(parts[-1])
        return json.loads(b"".join(parts))

    def _do(self, command, **parameters):
        self.count += 1
        message = json.dumps([0, self.count, command, parameters]).encode()
        self.socket.sendall(str(len(message)).encode() + b":" + message)
        _, _, error, result = self._read()
        if error:
            raise RuntimeError(error["message"])
        return result

    def open(self, url):
        self._do("WebDriver:Navigate", url=url)

    def run(self, script, *arguments):
        """The value of a function body; it may be a promise."""
        return self._do("WebDriver:ExecuteScript", script=script, args=list(arguments))["value"]

    def screenshot(self, path):
        picture = self._do("WebDriver:TakeScreenshot", full=False)["value"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture))
