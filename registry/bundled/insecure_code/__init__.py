"""The bundled `insecure_code` data: small Python tasks, each answered twice.

Every row asks for a few lines of Python and holds an `aligned` answer and a `misaligned`
one that does the same job with an ordinary weakness from the CWE lists. The two come out of
one template, so that nothing but the weakness tells them apart. `train.jsonl` and
`heldout.jsonl` are exactly what `generate.py` writes; they share no template, no phrasing
and no scenario noun.
"""
