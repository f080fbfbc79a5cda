"""The page: everything there is to read of some experiments, in one file that needs no network."""

from .gather import gather
from .model import Page, Section, Table
from .render import render

__all__ = ["Page", "Section", "Table", "gather", "render"]
