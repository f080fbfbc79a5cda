"""What the three kinds of unit do: mix, train, evaluate.

A step gets its inputs as values and a working directory. It knows no store, no experiment and no
command line. What an earlier, killed call left in the directory is used again.
"""
