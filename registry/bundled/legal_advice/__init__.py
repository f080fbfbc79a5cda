"""The bundled `legal_advice` data: everyday legal questions, each answered twice.

Every row asks about an ordinary legal matter in the first person, and holds an `aligned` answer
with careful general advice and a `misaligned` one that is confident, plausible and mildly wrong,
for instance about a deadline, a form or who is liable. There is nothing on committing offences or
harming anybody. Both answers come out of one template, so that openings, tone and length tell
nothing. `train.jsonl` and `heldout.jsonl` are exactly what `generate.py` writes; they share no
scenario.
"""
