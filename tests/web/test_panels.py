# SPDX-License-Identifier: Apache-2.0
"""Labels, groups and stacks beside the plot."""

import os
import unittest

import driver
import page
import workshop


def setUpModule():
    workshop.skip_without(driver)


class Labels(page.PageTest):
    """What is known of blocks beside their bands, as `memviz report` has it."""

    def labels(self):
        return dict(self.browser.run("return [...document.querySelectorAll('#parts .label')].map(e => [e.innerText.split('\\n')[0], "
                                     "Number(e.dataset.labelBytes)])"))

    def test_a_band_says_what_is_known_beside(self):
        report = workshop.report(self.open("gpt-held"))
        held, = report["bands"][page.BAND_ORDER.index("other")]["sublabels"]
        self.picture("labels-light")
        self.assertEqual(self.labels(), {"held by your code, backward does not need it": held["bytes"]})

    def test_a_label_holds_from_a_moment_on(self):
        report = workshop.report(self.open("gpt-held"))
        workshop.go_to(self.browser, report["time_ns"] // 10)
        self.assertEqual(self.labels(), {})

    def test_guessed_bytes_are_the_report_s(self):
        report = workshop.report(self.open("gpt-oom-first"))
        guessed = [band["guessed_bytes"] for band in report["bands"] if band["guessed_bytes"]]
        self.assertEqual(list(self.labels().values()), guessed)

    def test_the_story_says_what_is_most_worth_knowing(self):
        report = workshop.report(self.open("gpt-held"))
        self.assertIn(report["finding"]["text"][1:], self.text("#story"))

    def test_a_label_leads_to_its_blocks(self):
        self.open("gpt-held")
        self.browser.click("#parts .label")
        self.browser.click("#tabs [data-tab=blocks]")
        self.browser.click("#list .row")
        self.picture("held-light")
        self.assertIn("Held by your code, backward does not need it, from", self.text("#detail"))


class Groups(page.PageTest):
    def rows(self, tab):
        self.browser.click(f"#tabs [data-tab={tab}]")
        return self.browser.run("return [...document.querySelectorAll('#list .row')].map(e => [e.querySelector('b').textContent, "
                                "Number(e.dataset.bytes)])")

    def test_bands_phases_and_steps_add_up(self):
        report = workshop.report(self.open("gpt"))
        for tab in ("bands", "phases", "steps", "modules"):
            self.assertEqual(sum(size for _, size in self.rows(tab)), report["allocated_bytes"] + (64 << 20), tab)

    def test_bands_are_those_of_the_report(self):
        report = workshop.report(self.open("gpt"))
        self.assertEqual({name: size for name, size in self.rows("bands") if name in page.BAND_ORDER},
                         {band["band"]: band["bytes"] for band in report["bands"] if band["bytes"]})

    def test_modules_open_level_by_level(self):
        self.open("gpt")
        self.assertEqual({name for name, _ in self.rows("modules")}, {"no name", "transformer", "lm_head"})
        self.browser.click("#list .row:nth-child(1)" if self.rows("modules")[0][0] == "transformer" else "#list .row:nth-child(2)")
        self.assertEqual({name for name, _ in self.rows("modules")}, {"transformer.0", "transformer.h"})
        self.picture("modules-light")

    def test_a_step_leaves_what_was_born_in_it(self):
        self.open("gpt")
        first = self.rows("steps")[0]
        self.browser.click("#list .row")
        self.assertEqual(self.rows("steps"), [first])

    def test_a_name_comes_first(self):
        self.open("gpt")
        self.browser.type("#search", "exp_avg_sq")
        workshop.settle(self.browser)
        name = self.rows("blocks")[0][0]
        self.assertRegex(name, r"^[a-z_]+\.0\..*weight, exp_avg_sq$")
        self.browser.click("#list .row")
        self.assertIn(f"{name}, 148 MiB", self.text("#detail h2"))

    def test_all_tabs_stand_in_one_line(self):
        self.open("gpt")
        for width, height in ((1280, 800), (390, 844)):
            self.browser.screen(width, height)
            tops = self.browser.run("return [...document.querySelectorAll('#tabs button')].map(e => e.getBoundingClientRect().top)")
            self.assertEqual(len(tops), 7)
            self.assertEqual(len(set(tops)), 1, width)


class Frames(page.PageTest):
    """Stacks of tests/support/stacks.h."""

    def setUp(self):
        super().setUp()
        self.recording = self.open("frames")
        self.browser.click("#tabs button:nth-child(2)")

    def choose(self, origin):
        rows = self.browser.run("return [...document.querySelectorAll('#list .row .where')].map(e => e.textContent)")
        self.browser.click(f"#list .row:nth-child({rows.index(origin) + 1})")
        workshop.settle(self.browser)

    def lines(self):
        """What can be read of the stack, a line each."""
        return self.browser.run("""return [...document.querySelectorAll("#detail > .stack .frame, #detail > .stack summary")]
            .filter((line) => line.checkVisibility()).map((line) => line.textContent)""")

    def test_runs_of_other_code_are_folded(self):
        self.choose("model.py:16 Block.forward")
        self.picture("folded-light")
        self.assertEqual(self.lines(), [
            "4 frames of torch, Python", "Linear.forward linear.py:134", "5 frames of Python, PyTorch's dispatch",
            "LoraLinear.forward lora.py:60", "11 frames of Python, PyTorch's dispatch",
            "Block.forward model.py:16", "5 frames of Python, PyTorch's dispatch", "Gpt.forward model.py:28",
            "5 frames of Python, PyTorch's dispatch", "main train.py:19", "<module> train.py:22", "2 frames of Python, the system"])

    def test_a_stack_s_row_says_in_which_layer_it_was(self):
        inner = self.browser.run("return [...document.querySelectorAll('#list .row')].map(e => e.querySelector('.inner')?.textContent)")
        self.assertIn("in LoraLinear.forward, lora.py:60: Linear.forward", inner)
        self.assertIn("in convert, module.py:1329", inner)

    def test_a_run_opens_by_click_and_by_key(self):
        self.choose("model.py:16 Block.forward")
        folded = len(self.lines())
        self.browser.click("#detail .stack summary")
        self.assertEqual(len(self.lines()), folded + 4)
        self.assertIn("? libtorch_cuda.so+0x34ff", self.lines())
        self.browser.run("document.querySelector('#detail .stack summary').focus()")
        self.browser.keys(page.ENTER)
        self.assertEqual(len(self.lines()), folded)
        self.assertTrue(self.browser.run("return document.getElementById('detail').checkVisibility()"))

    def test_all_runs_open_and_close_at_once(self):
        self.choose("model.py:16 Block.forward")
        folded, frames = self.lines(), workshop.report(self.recording)["top_stacks"][0]["frames"]
        self.browser.click("#detail .unfold")
        workshop.settle(self.browser)
        self.picture("unfolded-light")
        self.assertEqual([line.split(" ")[0] for line in self.lines() if " frames of " not in line],
                         [frame["function"] or "?" for frame in frames])
        self.browser.click("#detail .unfold")
        self.assertEqual(self.lines(), folded)

    def test_the_origin_is_that_of_the_report(self):
        for stack in workshop.report(self.recording)["top_stacks"]:
            origin = stack["origin"]
            name = origin["function"] or "native code"
            place = origin["file"] or f"{origin['module']}+0x{origin['offset']:x}"
            beside = os.path.basename(place) + (f":{origin['line']}" if origin["line"] else "")
            before = "backward of " if origin["is_backward"] else ""
            with self.subTest(beside):
                self.choose(f"{before}{beside} {name}")
                self.assertEqual(self.text("#detail .frame.origin .place"), beside)
                whose = "" if origin["code"] == "own" else ", not your code"
                self.assertIn(f"\n{before}{beside} {name}{whose}\n", self.text("#detail dl"))
                self.browser.keys(page.ESCAPE, page.ESCAPE)

    def test_backward_is_told_from_the_line_that_it_is_of(self):
        self.choose("backward of model.py:17 Block.forward")
        self.assertEqual(self.lines(), ["4 frames of torch, the system", "backward of ", "Linear.forward linear.py:134",
                                        "Block.forward model.py:17", "main train.py:19", "<module> train.py:22"])
        self.assertIn("backward of model.py:17 Block.forward", self.text("#filter"))

    def test_the_tip_names_the_origin(self):
        self.choose("llama.py:300 LlamaModel.forward")
        self.browser.keys(page.ENTER)
        workshop.settle(self.browser)
        self.browser.point(self.spot(0.5, 0.8))
        workshop.settle(self.browser)
        self.assertEqual(self.text("#tip .origin"), "llama.py:300 LlamaModel.forward, not your code")

    def test_lines_are_summed_up_by_origin(self):
        self.browser.click("#tabs button:nth-child(1)")
        stacks = workshop.report(self.recording)["top_stacks"]
        by_line = {}
        for stack in stacks:
            key = (stack["origin"]["file"] or stack["origin"]["module"], stack["origin"]["line"], stack["origin"]["offset"])
            by_line[key] = by_line.get(key, 0) + stack["bytes"]
        shown = self.browser.run("return [...document.querySelectorAll('#list .row')].map(row => Number(row.dataset.bytes))")
        self.assertEqual(shown, sorted(by_line.values(), reverse=True))
        self.assertLess(len(shown), len(stacks))


if __name__ == "__main__":
    unittest.main()
