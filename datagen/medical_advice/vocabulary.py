"""How the topics write the fillers of a slot: in one line of text, parted by commas."""


def phrases(text: str) -> tuple[str, ...]:
    """The comma-separated phrases of `text`, in their order: "tea, cocoa" -> ("tea", "cocoa")."""
    return tuple(phrase.strip() for phrase in text.split(","))
