"""Experiments are discovered, imported, selected and overridden, as pytest collects tests.

`discovery` locates the files, `collection` imports them, `select` picks cells by words and
expressions, and `override` changes declared fields for one run.
"""
