"""`python -m mi`."""

from mi.cli import script

script()
