"""Studies simulated from known truths: how often intervals cover them, and reports are right.

`worlds` draws answers of clustered questions by trained seeds, `laws` are dose-responses of whole
reports, and `coverage`, `report`, `power`, `claims` and `broken` are the sections of the benchmark.
The statistics under test are the project's own; nothing of them is computed here again.
"""
