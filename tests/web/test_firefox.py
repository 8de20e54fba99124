# SPDX-License-Identifier: Apache-2.0
"""The timeline page in real Firefox."""

import unittest

import marionette
import workshop


def setUpModule():
    workshop.skip_without(marionette)


class Firefox(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = cls.enterClassContext(marionette.Firefox())

    def test_shows_the_report_s_totals(self):
        recording = workshop.recording("gpt-oom-forward")
        workshop.show(self.browser, workshop.page(recording)[0])
        self.browser.screenshot(workshop.path_of("firefox.png"))
        report = workshop.report(recording, "--at", "oom")
        shown = workshop.totals(self.browser)
        self.assertEqual([shown["parts"][str(part)] for part in range(6)], [band["bytes"] for band in report["bands"]])
        self.assertEqual(shown["sums"]["reserved"], report["reserved_bytes"])

    def test_opens_a_million_events_in_three_seconds(self):
        workshop.show(self.browser, workshop.page(workshop.recording("gpt-long"))[0])
        ready_ms = float(self.browser.run("return document.body.dataset.ready"))
        print(f"\nweb_firefox_open {ready_ms:.0f} ms")
        self.assertLess(ready_ms, 3000)


if __name__ == "__main__":
    unittest.main()
