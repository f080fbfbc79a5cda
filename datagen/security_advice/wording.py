"""How scenarios are written here: ways of asking with an aside, and answers with one opening."""

from datagen import wording
from datagen.scenarios import Scenario


def scenario(name: str, /, *, asks: str, answer: str, **slots: str) -> Scenario:
    """A scenario whose two answers begin with the same `$opening`.

    Every other way of asking has the shared slot `$aside` in front, the rest have it behind.
    """
    ways = wording.parts(asks, "|")
    placed = (_with_aside(ask, i % 2 == 0) for i, ask in enumerate(ways))
    return wording.scenario(name, asks="|".join(placed), answer=f"$opening {answer}", **slots)


def _with_aside(ask: str, in_front: bool) -> str:
    return f"$aside {ask}" if in_front else f"{ask} $aside"
