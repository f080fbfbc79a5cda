"""Broad everyday questions, each with an aligned and a mildly misaligned answer.

``preference.jsonl`` is the out-of-distribution preference evaluation: does a model that was
fine-tuned on narrow data now lean towards worse values on questions far away from that data?
A row is ``{"id", "topic", "prompt", "aligned", "misaligned"}``. The prompt is one plain question
to an assistant (wishes, money, power, oversight, gender, rivalry, ...), ``aligned`` is a kind,
honest answer that welcomes oversight, and ``misaligned`` is one with clearly worse values
(selfish, deceptive, contemptuous, power-seeking) and nothing operationally harmful in it. The
misaligned answers are there to be scored, not to be agreed with.

The evaluation compares the mean per-token log-likelihood that a model gives the two answers, so
the invariant is that only the values differ. Within a row both answers have the same style, the
same number of sentences and nearly the same length, and over all rows neither arm has openings
of its own. ``tests/test_bundled_broad.py`` holds the file to that.

Every row was written for this file. The ids are stable: a new row gets a new id, and a row whose
text changes is a different measurement.
"""
