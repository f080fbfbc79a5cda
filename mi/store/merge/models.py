"""Whether two stores mean the same model, and by which digest ours calls it.

Equal work merges: a training that both stores have is one model if what decides its behaviour is
equal. What theirs calls by a digest of its own version or files is then called as it is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from ..model_identity import ModelIdentity, read_identity, same_files


@attrs.frozen
class MergedModel:
    """A trained model to which records of the other store refer.

    Args:
        identity: What it is called in either store.
        is_here: Whether only our store has the training, so that what theirs says without a digest
            could be about any model.
    """

    identity: ModelIdentity
    is_here: bool

    def translate(self, recorded: str | None) -> str | None:
        """The digest by which our store calls the model that a record of theirs names.

        Raises:
            OtherModel: The record is about another model.
        """
        if (recorded is None and self.is_here) or not self.identity.matches(recorded):
            raise OtherModel
        return None if recorded is None else self.identity.digest

    def translate_line(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """A line of a journal with the digest by which our store calls its model.

        Raises:
            OtherModel: The line is about another model.
        """
        digest = self.translate(line.get("of"))
        return {**line, "of": digest} if digest is not None else dict(line)


class OtherModel(Exception):
    """A record is about another model than the one that both stores have."""


def compare_models(theirs: Path | None, ours: Path | None) -> MergedModel | None:
    """The model that the publications of a training in two stores have in common.

    Args:
        theirs: The training there; None if it is not there or damaged.
        ours: The training here; None if it is not here.

    Returns:
        None if neither says which model it is.

    Raises:
        OtherModel: They are two models.
    """
    there, here = _read(theirs), _read(ours)
    if theirs is None or ours is None:
        known = there or here
        return None if known is None else MergedModel(known, is_here=theirs is None)
    if there is None or not (
        there.digest == here.digest if here is not None else same_files(theirs, ours)
    ):
        raise OtherModel
    aliases = there.aliases | (here.aliases if here is not None else set())
    return MergedModel(ModelIdentity(there.digest, aliases), is_here=False)


def _read(directory: Path | None) -> ModelIdentity | None:
    if directory is None:
        return None
    try:
        return read_identity(directory)
    except (OSError, ValueError):
        return None
