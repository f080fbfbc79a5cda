"""Projects that train and sample at a server of the Tinker API."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from tests.support.hosted import declare_few
from tests.support.project import Done, Project
from tests.support.tiny_model import make_tiny_model

MODEL = "lab:tiny"
WORDS = ("run", "S1", "--model", MODEL, "--judge", "none")

PROJECT = """[tool.mi]
poll = 0.05
probe = false
timeout = {timeout}

[tool.mi.endpoints.lab]
provider = "tinker"
base_url = "{url}"
base_model = "{base}"
tokenizer = "{tokenizer}"
free = true
"""


def declare(
    project: Project, url: str, tiny: Path, *, base: str = "tiny", timeout: float = 2
) -> None:
    """S1 on six questions and eight pairs: two trainings of six steps each."""
    declare_few(project)
    path = project.root / "experiments" / "small.py"
    text = path.read_text(encoding="utf-8")
    text = text.replace(
        "import Experiment, Resource", "import Experiment, Preference, Resource, Training"
    )
    text = text.replace("id_evals=(static, judged)", "id_evals=(static, compared)")
    text = text.replace(
        "S1 = Experiment(",
        "PAIRS = Resource(package='six_questions', file='pairs.jsonl')\n"
        "compared = attrs.evolve(\n"
        "    next(one for one in evals if isinstance(one, Preference)), pairs=PAIRS\n)\n"
        "S1 = Experiment(\n"
        "    training=Training(batch_size=4, lora_rank=4, learning_rate=0.01, epochs=2),",
    )
    path.write_text(text, encoding="utf-8")
    heldout = resources.files("registry.bundled.insecure_code").joinpath("heldout.jsonl")
    pairs = heldout.read_text(encoding="utf-8").splitlines(keepends=True)[:8]
    project.file("six_questions/pairs.jsonl", "".join(pairs))
    point(project, url, tiny, base=base, timeout=timeout)


def point(
    project: Project, url: str, tiny: Path, *, base: str = "tiny", timeout: float = 2
) -> None:
    """Say where the server is."""
    table = PROJECT.format(url=url, base=base, tokenizer=tiny, timeout=timeout)
    project.file("pyproject.toml", table)


def run(project: Project, *more: str) -> Done:
    """`mi run S1` at the server."""
    return project.mi(*WORDS, *more)


__all__ = ["MODEL", "WORDS", "declare", "make_tiny_model", "point", "run"]
