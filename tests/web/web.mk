# SPDX-License-Identifier: Apache-2.0
# The page in real browsers.  What this machine lacks is reported as skipped, and why.

$(BUILD)/tests/scenes: $(BUILD)/tests/web/scenes.o $(view_suite_obj)
	$(call say,LINK,$@)
	$(Q)$(CC) $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(view_libs)

.PHONY: check-web
check-web: $(BUILD)/bin/memviz $(BUILD)/tests/forge $(BUILD)/tests/scenes ## test the page in Chromium and Firefox
	$(Q)BUILD=$(BUILD) $(PYTHON) -m unittest discover -s tests/web
