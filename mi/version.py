"""The version and the name on PyPI, readable without importing anything."""

__version__ = "0.1.0"

DISTRIBUTION = "mi-experiments"
"""What pip installs. The distribution that PyPI calls `mi` is another program."""


def install_command(extra: str) -> str:
    """The command that installs the packages of an extra, `local` for example."""
    return f"pip install '{DISTRIBUTION}[{extra}]'"
