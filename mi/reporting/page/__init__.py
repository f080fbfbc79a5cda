"""The page: everything there is to read of some experiments, in one file that needs no network."""

from .build import build
from .content import Page, Section, Table
from .render import render

__all__ = ["Page", "Section", "Table", "build", "render"]
