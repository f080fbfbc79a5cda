"""What the three kinds of unit do, in plain functions: mix, train, evaluate.

A step gets its inputs as values and a working folder; it knows no store, no experiment and no
command line. Whatever it finds in its folder from an earlier, killed call it uses.
"""
