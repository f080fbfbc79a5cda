"""The page: a report on some experiments in one HTML file that needs no network."""

from .build import build_page
from .content import Page, Section, Table
from .render import render_page

__all__ = ["Page", "Section", "Table", "build_page", "render_page"]
