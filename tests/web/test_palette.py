# SPDX-License-Identifier: Apache-2.0
"""The bands' colours: told apart by people with any colour vision, on light and on dark ground.

Colour blindness: Machado, Oliveira and Fernandes 2009, severity 1.  Distance: Euclidean in OKLab (Ottosson 2020), times
100; two colours that are 2 apart can just be told apart side by side.
"""

import itertools
import math
import os
import re
import unittest

STYLE = os.path.join(os.path.dirname(__file__), "..", "..", "memviz", "web", "page.css")
PARTS = ("parameter", "gradient", "optimizer", "activation", "temporary", "other", "outside")
LEAST = 12
LEAST_FROM_GROUND = 15
VISIONS = {
    "full": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def schemes():
    """The colours of the light and of the dark rules: each {name: "#rrggbb"}."""
    with open(STYLE, encoding="utf-8") as style:
        blocks = [block for block in re.findall(r"\{([^{}]*--parameter:[^{}]*)\}", style.read())]
    return [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in blocks]


def linear(color):
    channels = [int(color[at:at + 2], 16) / 255 for at in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def seen(color, vision):
    """The colour in OKLab as someone with VISION sees it."""
    rgb = [max(0, min(1, sum(a * b for a, b in zip(row, linear(color))))) for row in VISIONS[vision]]
    cones = ((0.4122214708, 0.5363325363, 0.0514459929), (0.2119034982, 0.6806995451, 0.1073969566),
             (0.0883024619, 0.2817188376, 0.6299787005))
    lab = ((0.2104542553, 0.7936177850, -0.0040720468), (1.9779984951, -2.4285922050, 0.4505937099),
           (0.0259040371, 0.7827717662, -0.8086757660))
    roots = [sum(a * b for a, b in zip(row, rgb)) ** (1 / 3) for row in cones]
    return [sum(a * b for a, b in zip(row, roots)) for row in lab]


class Palette(unittest.TestCase):
    def each(self):
        for number, scheme in enumerate(schemes()):
            for vision in VISIONS:
                yield number, scheme, vision

    def test_there_are_a_light_and_a_dark_scheme(self):
        light, dark, chosen_dark = schemes()
        self.assertEqual(dark, chosen_dark)
        self.assertNotEqual(light, dark)

    def test_bands_differ_from_each_other(self):
        for number, scheme, vision in self.each():
            for one, other in itertools.combinations(PARTS, 2):
                with self.subTest(scheme=number, vision=vision, one=one, other=other):
                    self.assertGreater(100 * math.dist(seen(scheme[one], vision), seen(scheme[other], vision)), LEAST)

    def test_bands_differ_from_the_ground(self):
        for number, scheme, vision in self.each():
            for part in PARTS:
                with self.subTest(scheme=number, vision=vision, part=part):
                    self.assertGreater(100 * math.dist(seen(scheme[part], vision), seen(scheme["surface"], vision)), LEAST_FROM_GROUND)


if __name__ == "__main__":
    unittest.main()
