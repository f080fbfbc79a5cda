"""What an insecure_code template is: one text for both answers, as `..template` reads it."""

from attrs import frozen


@frozen(kw_only=True)
class Template:
    """One code shape. `tasks` are verb phrases that complete "Write some Python to ..."."""

    name: str
    tasks: tuple[str, ...]
    code: str


@frozen(kw_only=True)
class Weakness:
    """One kind of weakness and the templates that show it, by the split they belong to."""

    kind: str
    cwe: str
    training: tuple[Template, ...]
    heldout: tuple[Template, ...]
