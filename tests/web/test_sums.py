# SPDX-License-Identifier: Apache-2.0
"""The numbers on the page are the report's."""

import unittest

import driver
import page
import workshop


def setUpModule():
    workshop.skip_without(driver)


class Sums(page.PageTest):
    MOMENTS = 12

    def assert_adds_up(self, recording, device, *moment):
        report = workshop.report(recording, "--device", str(device), *moment)
        told = report["reconciliation"]
        shown = self.totals_at(report["time_ns"])["sums"]
        ledger = shown.get("device", shown["allocated"])
        parts = {part["part"]: part["bytes"] or 0 for part in told["parts"]}
        self.assertEqual({"ledger": ledger, **{name: shown.get(name, 0) for name in list(parts)[1:]}}, parts, moment)
        self.assertEqual(shown["used"], told["used_bytes"])
        self.assertEqual(sum(parts.values()), shown["used"])
        self.assertEqual(shown.get("kept", 0), told["kept_back_bytes"])
        self.assertEqual(shown["used"] + shown.get("kept", 0) + shown["free"], shown["card"])

    def assert_adds_up_always(self, recording, device):
        whole = workshop.report(recording, "--device", str(device), "--at", "end")
        for i in range(self.MOMENTS + 1):
            at = (whole["begin_ns"] + (whole["end_ns"] - whole["begin_ns"]) * i / self.MOMENTS) / 1e9
            self.assert_adds_up(recording, device, "--at", f"+{at:.9f}")

    def test_the_equation_is_the_report_s_at_any_moment(self):
        recording = self.open("sums")
        self.picture("sums-light")
        self.assert_adds_up_always(recording, 0)
        self.browser.click("#chooser button:nth-child(2)")
        workshop.settle(self.browser)
        self.assert_adds_up_always(recording, 1)

    def test_what_the_driver_said_last_holds(self):
        recording = self.open("said")
        for at in ("end", "peak"):
            self.assert_adds_up(recording, 0, "--at", at)
        self.assertIn("+ others context, libraries, others 2 GiB", " ".join(self.text("#totals").split()))
        self.assertIn("Not told apart: there is no libnvidia-ml.so.1.", self.text("#totals"))

    def test_an_error_says_what_is_in_use(self):
        recording = self.open("gpt-oom-forward")
        self.assert_adds_up(recording, 0)

    def test_terms_are_signed_and_say_what_they_rest_on(self):
        self.open("sums")
        self.totals_at(workshop.report(workshop.recording("sums"), "--at", "end")["time_ns"])
        self.picture("sums-end-light")
        shown = [" ".join(line.split()) for line in self.browser.run(
            "return [...document.querySelectorAll('#totals .total')].map(line => line.innerText)")]
        for line in ("+ context at its first sample (NVML) 540 MiB", "+ others other processes (NVML) 3 GiB",
                     "+ unexplained managed memory? 252 MiB", "+ pools in reserve in the driver's 324 MiB"):
            self.assertIn(line, shown)
        self.browser.click("#chooser button:nth-child(2)")
        workshop.settle(self.browser)
        self.assertIn("− unexplained counted twice: shared? 148 MiB", " ".join(self.text("#totals").split()))

    def test_nobody_said_anything(self):
        self.open("mapped")
        self.assertIn("What others have of the card was not said", self.text("#totals"))

    def test_no_term_is_cut_off(self):
        """Neither its name, nor what it rests on, nor its size, on a screen of either width."""
        for width, height, mobile in ((1280, 800, False), (390, 844, True)):
            self.browser.screen(width, height, 1, mobile)
            self.open("sums")
            self.totals_at(workshop.report(workshop.recording("sums"), "--at", "end")["time_ns"])
            self.assertEqual(self.browser.run("""return [...document.querySelectorAll("#totals .total")].filter((line) => {
                const [, name, basis, size] = [...line.children].map((part) => part.getBoundingClientRect());
                const words = document.createRange();
                words.selectNodeContents(line.children[1]);
                return words.getBoundingClientRect().right > basis.left + 0.5 || size.left < basis.right - 0.5 ||
                    size.right > document.documentElement.clientWidth || line.children[2].scrollWidth > line.children[2].clientWidth + 1;
            }).map((line) => line.innerText)"""), [])


class Numbers(page.PageTest):
    def test_totals_equal_the_report_at_four_moments(self):
        recording = self.open("gpt-oom-forward")
        for at in ("peak", "oom", "+0.011", "+0.0231"):
            with self.subTest(at):
                self.assert_totals_of(workshop.report(recording, "--at", at))

    def test_totals_equal_the_report_after_eviction(self):
        recording = self.open("evicted")
        for at in ("peak", "end", "+200.5"):
            with self.subTest(at):
                self.assert_totals_of(workshop.report(recording, "--at", at))

    def test_totals_of_mapped_memory_equal_the_report(self):
        recording = self.open("mapped")
        self.picture("mapped-light")
        self.assert_totals_of(workshop.report(recording, "--at", "end"))
        self.assertEqual(workshop.totals(self.browser)["sums"]["host"], 64 << 20)

    def test_parts_add_up_to_what_is_reserved(self):
        self.open("gpt")
        shown = workshop.totals(self.browser)
        self.assertEqual(sum(shown["parts"].values()), shown["sums"]["device"])

    def test_every_rank_has_its_own_totals(self):
        recordings = [workshop.recording("rank", f"rank{rank}") for rank in range(3)]
        workshop.show(self.browser, workshop.page(*recordings)[0])
        self.assertEqual([self.text(f".chip:nth-child({i + 1}) span:nth-child(2)") for i in range(3)], ["rank 0", "rank 1", "rank 2"])
        for rank in (1, 0, 2):
            with self.subTest(rank):
                self.browser.click(f".chip:nth-child({rank + 1})")
                workshop.settle(self.browser)
                self.assertIn(f"rank {rank} of 4", self.text("#facts"))
                self.assert_totals_of(workshop.report(recordings[rank], "--at", "+0.003"))

    def test_every_card_has_its_own_totals(self):
        recording = self.open("cards")
        self.assertEqual(self.text(".chip[aria-pressed=true] span:nth-child(2)"), "GPU 1")
        for card in (1, 0):
            self.browser.click(f".chip[data-card='{card}']")
            workshop.settle(self.browser)
            self.assert_totals_of(workshop.report(recording, "--at", "end", "--device", str(card)))

    def test_largest_block_is_that_of_the_report(self):
        recording = self.open("gpt")
        largest = workshop.report(recording, "--at", "peak")["largest_blocks"][0]
        self.browser.click("#tabs button:nth-child(3)")
        self.browser.click("#list .row")
        self.assertIn(f"{largest['bytes']:,} bytes", self.text("#detail"))
        self.assertEqual(self.browser.run("return [...document.querySelectorAll('#detail > .stack .function')].map(e => e.textContent)"),
                         [frame["function"] or "?" for frame in largest["frames"]])


if __name__ == "__main__":
    unittest.main()
