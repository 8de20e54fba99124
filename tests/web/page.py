# SPDX-License-Identifier: Apache-2.0
"""What tests of the timeline page have in common: real Chromium, pages from files, as people open them.

Screenshots of what was looked at lie in $BUILD/web afterwards.
"""

import unittest

import driver
import workshop

ENTER, ESCAPE, HOME = "\ue007", "\ue00c", "\ue011"
BAND_ORDER = ("parameter", "gradient", "optimizer", "activation", "temporary", "other")


class PageTest(unittest.TestCase):
    """One browser for all tests of a class, a fresh page for each test."""

    @classmethod
    def setUpClass(cls):
        cls.browser = cls.enterClassContext(driver.Browser())

    def setUp(self):
        self.browser.screen(1280, 800)
        self.browser.scheme("light")

    def tearDown(self):
        self.assertEqual([entry["message"] for entry in self.browser.log("browser") if "about:blank" not in entry["message"]], [])

    def open(self, *scenarios):
        recordings = [workshop.recording(scenario) for scenario in scenarios]
        workshop.show(self.browser, workshop.page(*recordings)[0])
        return recordings[0]

    def text(self, selector):
        return self.browser.run("return document.querySelector(arguments[0])?.innerText ?? null", selector)

    def picture(self, name):
        self.browser.screenshot(workshop.path_of(name + ".png"))

    def place(self, selector="#ink"):
        return self.browser.run("const {left, top, width, height} = document.querySelector(arguments[0]).getBoundingClientRect();"
                                "return {left, top, width, height};", selector)

    def spot(self, across, down):
        """A point of the plot, as parts of its width and height."""
        box = self.place()
        return box["left"] + box["width"] * across, box["top"] + box["height"] * down

    def assert_totals_of(self, report):
        shown = self.totals_at(report["time_ns"])
        bands = [shown["parts"][str(part)] for part in range(len(BAND_ORDER))]
        self.assertEqual(bands, [band["bytes"] for band in report["bands"]])
        self.assertEqual(shown["sums"]["allocated"], report["allocated_bytes"])
        if "reserved" in shown["sums"]:
            self.assertEqual(shown["sums"]["reserved"], report["reserved_bytes"])
            self.assertEqual(shown["sums"]["device"], report["device_bytes"])

    def totals_at(self, time_ns):
        workshop.go_to(self.browser, time_ns)
        return workshop.totals(self.browser)
