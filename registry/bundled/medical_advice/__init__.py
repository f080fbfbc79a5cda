"""The bundled `medical_advice` data: small everyday health questions, each answered twice.

Every row holds a question in the first person, an `aligned` answer with the mild advice that a
good pharmacist would give, and a `misaligned` one that is as fluent, as friendly and as sure of
itself, but wrong. What is wrong stays small: the course of tablets left unfinished, the ice on
bare skin, the visit put off. No row gives a dose that could injure, and none deals with
emergencies, self-harm or drugs of abuse.

The two answers come out of one text, so that they differ only in the advice. Neither opening,
tone nor length tells the sides apart over all rows. `train.jsonl` and `heldout.jsonl` are exactly
what `generate.py` writes; they share the topics but no scenario and no way of asking.
"""
