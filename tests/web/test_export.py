# SPDX-License-Identifier: Apache-2.0
"""The page as a file: what is in it, and what happens if it can't be written."""

import os
import re
import subprocess
import unittest

import workshop


def setUpModule():
    workshop.skip_without()


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class Export(unittest.TestCase):
    def test_same_recording_same_page(self):
        recording = workshop.recording("gpt")
        first = read(workshop.page(recording)[0])
        self.assertEqual(first, read(workshop.page(recording)[0]))

    def test_page_names_nothing_outside_of_itself(self):
        text = read(workshop.page(workshop.recording("hostile"))[0])
        self.assertEqual(re.findall(r"https?://|//cdn|@import|src=[\"']|url\((?!data:)", text), [])
        self.assertIn("default-src 'none'", text)

    def test_scripts_end_only_where_the_page_ends_them(self):
        text = read(workshop.page(workshop.recording("hostile"))[0])
        self.assertEqual(len(re.findall(r"<script\b", text)), len(re.findall(r"</script>", text)))
        data = re.findall(r'<script type="text/plain" id="r\d[^"]*">([^<]*)</script>', text)
        self.assertGreater(len(data), 10)
        self.assertTrue(all(re.fullmatch(r"[A-Za-z0-9+/]*={0,2}", stream) for stream in data))

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_a_full_disk_is_an_error(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([workshop.MEMVIZ, "html", workshop.recording("gpt"), "-o", "-"], stdout=full,
                                  stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stderr.startswith(b"memviz: "))


if __name__ == "__main__":
    unittest.main()
