"""Data that ships with the package, so that everything works without a download.

The README.md of each set is its card: licence, counts, and how the rows were made.
"""
