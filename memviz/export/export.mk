# SPDX-License-Identifier: Apache-2.0
# The page's files, put into the viewer.  The order of the scripts: what is needed while loading comes first.

web_style  := $(addprefix memviz/web/,page.css)
web_script := $(addprefix memviz/web/,words.js dom.js streams.js frames.js sums.js data.js pyramid.js live.js layout.js \
	theme.js steps.js view.js columns.js bands.js map.js strip.js ink.js overview.js search.js tally.js groups.js balance.js \
	panel.js detail.js story.js tip.js finder.js screen.js address.js app.js chooser.js input.js main.js)

$(BUILD)/gen/page_files.h: memviz/web/page.html $(web_style) $(web_script) memviz/export/embed.awk
	$(call say,EMBED,$<)
	$(Q)mkdir -p $(@D)
	$(Q)LC_ALL=C awk -v style="$(web_style)" -v script="$(web_script)" -f memviz/export/embed.awk $< >$@.part
	$(Q)mv $@.part $@

$(BUILD)/memviz/export/html.o: $(BUILD)/gen/page_files.h
