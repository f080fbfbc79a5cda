"""What every test may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty folder of a researcher."""
    root = tmp_path / "project"
    root.mkdir()
    return Project(root)
