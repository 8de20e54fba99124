# SPDX-License-Identifier: Apache-2.0
# The page in real browsers.  What this machine lacks is reported as skipped, and why.

.PHONY: check-web
check-web: $(BUILD)/bin/memviz $(BUILD)/tests/forge $(BUILD)/tests/scenes ## test the page in Chromium and Firefox
	$(Q)BUILD=$(BUILD) $(PYTHON) -m unittest discover -s tests/web
