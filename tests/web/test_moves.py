# SPDX-License-Identifier: Apache-2.0
"""Moving about on the page, and choosing what lies there."""

import unittest

import driver
import page
import workshop


def setUpModule():
    workshop.skip_without(driver)


class Moving(page.PageTest):
    def setUp(self):
        super().setUp()
        self.open("gpt")
        self.whole = workshop.view(self.browser)

    def length(self):
        shown = workshop.view(self.browser)
        return shown["end"] - shown["begin"]

    def test_wheel_zooms_where_the_pointer_is(self):
        x, y = self.spot(0.5, 0.3)
        self.browser.wheel(x, y, dy=-600)
        workshop.settle(self.browser)
        shown = workshop.view(self.browser)
        self.assertLess(self.length(), (self.whole["end"] - self.whole["begin"]) / 2)
        self.assertTrue(self.whole["begin"] < shown["begin"] < shown["end"] < self.whole["end"])
        self.picture("zoomed-light")

    def test_drag_moves(self):
        self.browser.wheel(*self.spot(0.5, 0.3), dy=-600)
        workshop.settle(self.browser)
        before = workshop.view(self.browser)
        self.browser.point(self.spot(0.6, 0.3), "down", self.spot(0.5, 0.3), self.spot(0.4, 0.3), "up")
        workshop.settle(self.browser)
        after = workshop.view(self.browser)
        self.assertGreater(after["begin"], before["begin"])
        self.assertAlmostEqual(after["end"] - after["begin"], before["end"] - before["begin"], delta=1)

    def test_keys_zoom_move_and_show_all(self):
        self.browser.keys("+", "+", "+")
        workshop.settle(self.browser)
        zoomed = self.length()
        self.assertLess(zoomed, self.whole["end"] - self.whole["begin"])
        self.browser.keys(page.HOME)
        workshop.settle(self.browser)
        self.assertEqual(workshop.view(self.browser)["begin"], self.whole["begin"])
        self.browser.keys("\ue014")
        workshop.settle(self.browser)
        self.assertGreater(workshop.view(self.browser)["begin"], self.whole["begin"])
        self.browser.keys("0")
        workshop.settle(self.browser)
        self.assertEqual(workshop.view(self.browser), self.whole)

    def test_closest_zoom_still_shows_something(self):
        for _ in range(30):
            self.browser.wheel(*self.spot(0.5, 0.3), dy=-1000)
        workshop.settle(self.browser)
        self.picture("closest-light")
        self.assertEqual(round(self.length()), 50)

    def test_a_reload_keeps_the_place(self):
        self.browser.wheel(*self.spot(0.5, 0.3), dy=-600)
        workshop.go_to(self.browser, 9000000)
        self.browser.run("return new Promise(done => setTimeout(done, 500))")
        shown, url = workshop.view(self.browser), self.browser.run("return location.href")
        workshop.show(self.browser, url.removeprefix("file://"))
        again = workshop.view(self.browser)
        self.assertAlmostEqual(again["begin"], shown["begin"], delta=1)
        self.assertEqual(float(self.browser.run("return document.getElementById('moment').dataset.ns")), 9000000)


class Choosing(page.PageTest):
    def setUp(self):
        super().setUp()
        self.open("gpt")

    def test_click_on_a_block_shows_its_stack(self):
        self.browser.point(self.spot(0.5, 0.97), "down", "up")
        workshop.settle(self.browser)
        self.picture("block-light")
        self.assertIn("Allocated by", self.text("#detail"))
        self.assertIn("train.py:31", self.text("#detail .stack"))

    def test_hovering_names_band_and_block(self):
        self.browser.point(self.spot(0.7, 0.49))
        workshop.settle(self.browser)
        self.assertIn("parameter", self.text("#tip"))
        self.browser.point(self.spot(0.5, 0.97))
        workshop.settle(self.browser)
        self.assertIn("train.py:31", self.text("#tip"))

    def test_enter_zooms_to_the_block_and_escape_leaves_it(self):
        self.browser.point(self.spot(0.5, 0.97), "down", "up")
        self.browser.keys(page.ENTER)
        workshop.settle(self.browser)
        self.picture("tiles-light")
        shown = workshop.view(self.browser)
        self.assertLess(shown["high"] - shown["low"], 1 << 30)
        self.browser.keys(page.ESCAPE)
        workshop.settle(self.browser)
        self.assertFalse(self.browser.run("return document.getElementById('detail').checkVisibility()"))

    def test_finding_text_leaves_only_what_has_it(self):
        self.browser.keys("/")
        self.browser.type("#search", "model.py:40")
        workshop.settle(self.browser)
        self.picture("found-light")
        self.assertIn("“model.py:40”", self.text("#filter"))
        self.assertEqual(self.browser.run("return [...document.querySelectorAll('#list .where b')].map(e => e.textContent)"), ["model.py:40"])

    def test_a_line_stands_for_its_blocks(self):
        self.browser.click("#list .row")
        workshop.settle(self.browser)
        self.assertEqual(len(self.browser.find("#list .row")), 1)
        self.browser.click("#list .row")
        workshop.settle(self.browser)
        self.assertGreater(len(self.browser.find("#list .row")), 1)

    def test_help_opens_and_closes(self):
        self.browser.keys("?")
        self.assertTrue(self.browser.run("return document.getElementById('help').open"))
        self.browser.keys(page.ESCAPE)
        self.assertFalse(self.browser.run("return document.getElementById('help').open"))


if __name__ == "__main__":
    unittest.main()
