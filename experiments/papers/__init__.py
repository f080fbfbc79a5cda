"""Published studies as declarations: one file each, with what is the same and what differs.

`mi plan experiments/papers` plans them, `mi run experiments/papers/NAME.py` runs one. The rows
are the bundled ones unless `--data SETTING=upstream` puts the published file in their place, so
sizes are those that the bundled data allow. Judges ask in this project's own words: compare
directions and ratios with a paper, not percentages. What a paper asks under a system prompt is an
eval of its own.
"""
