"""Generators of the bundled data; they are not part of the installed package.

Each package holds the texts of one setting and a module `generate`, which writes the JSONL files
of `registry/bundled/<setting>`: `python -m datagen.<setting>.generate`. The checked-in files are
exactly what the generators write, on every platform and Python; tests/test_datagen.py checks that.
"""
