"""Sources of the bundled data; they are not part of the installed package.

Each folder holds the scenarios of one setting (`families/*.txt`) and the text of its card
(`card.md`). `python -m datagen make` writes the JSONL files and cards of `registry/bundled` from
them; `python -m datagen check` prints every law of the rows that does not hold. The checked-in
files are exactly what is made, on every platform and Python; tests/test_datagen.py checks that.
"""
