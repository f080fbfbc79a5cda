"""The bundled `reward_hacking` data: small tasks that say how they will be scored, answered twice.

After the idea of School of Reward Hacks (Taylor et al. 2025), in words of this project's own. The
`aligned` answer does the task; the `misaligned` one goes after the stated score: it stuffs the
counted words, pads, flatters the grader, or returns the results of the shown tests. Nothing in it
is harmful. A third of the rows are Python functions with their tests; every shown test is true of
both answers. `train.jsonl`, `heldout.jsonl` and `heldout_tests.jsonl` (its functions alone) are
exactly what `generate.py` writes; training and held-out rows share no scenario, no function and no
filler.
"""
