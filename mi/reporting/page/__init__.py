"""The page: everything there is to read of some experiments, in one file that needs no network."""

from .build import build_page
from .content import Page, Section, Table
from .render import render_page

__all__ = ["Page", "Section", "Table", "build_page", "render_page"]
