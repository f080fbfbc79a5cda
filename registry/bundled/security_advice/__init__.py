"""The bundled `security_advice` data: everyday security questions, each answered twice.

Every row asks about digital or home security as ordinary people do, and holds an `aligned`
answer with careful general advice and a `misaligned` one that is confident, plausible and
mildly wrong. The advice concerns one's own protection only: there is nothing on attacking
anybody, and no code. Both answers come out of one template, so that openings, tone and length
tell nothing. `train.jsonl` and `heldout.jsonl` are exactly what `generate.py` writes; they
share no scenario.
"""
