"""Which answers may stand together: those that were drawn before a server was probed stay alone.

A probe may have found that a server cut the distribution, so that it draws from the whole one now.
Answers from before are kept, and evals that are done with them stay done. An eval that needs more
answers draws all of its own: `draw` tells its sampling apart, and so its journals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import attrs

from ..data.datasets import Questions
from ..errors import CorruptError
from ..spec import Model, Sampling
from ..steps import evaluate
from ..steps.context import journal_lines
from ..steps.evals import Workload, eval_kind
from ..store.base import Store
from ..units.identity import key
from ..units.journals import ANSWERS
from ..units.unit import Evaluate, Unit
from .plan import Plan

_PROBED_DRAW = 1


def separate_draws(payload: Evaluate, store: Store, questions: Mapping[str, Questions]) -> Evaluate:
    """The eval; with draws of its own where it would extend answers of an unprobed server.

    Args:
        payload: An eval of a model whose server needs a probe.
        store: Holds the answers.
        questions: The evals' questions by digest.
    """
    journals = evaluate.journal_names(payload)
    if ANSWERS.prefix not in journals or is_probed(store.journal(journals[ANSWERS.prefix])):
        return payload
    if store.is_published(key(payload.kind, payload)):
        return payload
    if has_all_answers(payload, store, questions):
        return payload

    def separate(sampling: Sampling) -> Sampling:
        return attrs.evolve(sampling, draw=_PROBED_DRAW)

    return attrs.evolve(payload, eval=payload.eval.with_sampling(separate))


def is_probed(path: Path) -> bool:
    """Whether the answers of a journal came from a server that was probed; true without any.

    A damaged journal is no reason to draw anew: the eval that reads it says what to do.
    """
    try:
        first = next(journal_lines(path), None)
    except CorruptError:
        return True
    return first is None or first.get("probe") is not None


def has_all_answers(payload: Evaluate, store: Store, questions: Mapping[str, Questions]) -> bool:
    """Whether nothing has to be sampled for an eval. Nothing is where its journal is damaged.

    Args:
        payload: The eval.
        store: Holds the answers.
        questions: The evals' questions by digest.
    """
    workload = Workload(
        eval=payload.eval,
        questions=questions[payload.questions],
        paths={role: store.journal(name) for role, name in evaluate.journal_names(payload).items()},
    )
    try:
        return eval_kind(payload.eval).has_all_answers(workload)
    except CorruptError:
        return True


def evals_to_sample(
    plan: Plan,
    store: Store,
    questions: Mapping[str, Questions],
    model_of: Callable[[Unit], Model],
) -> dict[Model, list[tuple[str, Sampling]]]:
    """Keys of the attempted evals that lack answers, and how these are sampled, by the model asked.

    Args:
        plan: The units.
        store: Holds the answers.
        questions: The evals' questions by digest.
        model_of: The base model that a unit asks.
    """
    evals: dict[Model, list[tuple[str, Sampling]]] = {}
    for planned in plan.attempts:
        payload = planned.unit.payload
        if not isinstance(payload, Evaluate) or payload.eval.answer_sampling is None:
            continue
        if not has_all_answers(payload, store, questions):
            asked = evals.setdefault(model_of(planned.unit), [])
            asked.append((planned.unit.key, payload.eval.answer_sampling))
    return evals
