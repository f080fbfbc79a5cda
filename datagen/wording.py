"""How scenarios are written down: folded text, with bars and semicolons between the parts."""

from datagen.scenarios import Scenario


def scenario(name: str, /, *, asks: str, answer: str, **slots: str) -> Scenario:
    """A scenario from texts whose line ends do not count.

    `asks` are the ways of asking, with `|` between them; each of `slots` lists its fillers, with
    `;` between them.
    """
    return Scenario(
        name=name,
        asks=parts(asks, "|"),
        answer=folded(answer),
        slots={slot: parts(fillers, ";") for slot, fillers in slots.items()},
    )


def parts(text: str, mark: str) -> tuple[str, ...]:
    """The parts of `text` between the marks, each folded."""
    return tuple(folded(part) for part in text.split(mark))


def folded(text: str) -> str:
    """`text` on one line, with single blanks."""
    return " ".join(text.split())
