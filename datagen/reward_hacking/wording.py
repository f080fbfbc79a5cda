"""How scenarios are written here: every way of asking has the shared slot `$aside` behind it."""

from datagen import wording
from datagen.scenarios import Scenario


def scenario(name: str, *, asks: str, answer: str) -> Scenario:
    """A scenario whose tasks say a little about what they are for."""
    ways = wording.parts(asks, "|")
    return wording.scenario(name, asks=" | ".join(f"{way} $aside" for way in ways), answer=answer)
