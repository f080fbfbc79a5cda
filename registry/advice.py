"""The common shape of the advice settings: held-out questions, judged and compared in pairs."""

from collections.abc import Iterable

from mi.spec import (
    TRAINING_FORMAT,
    Arm,
    Context,
    Dataset,
    Preference,
    Resource,
    Sampled,
    Sampling,
    Setting,
    Upstream,
)

from .evals import broad_preference, emergent_free_form
from .inoculations import inoculations
from .judges import bad_advice


def advice_setting(
    field: str,
    *,
    misaligned: Iterable[Upstream],
    control: Iterable[Upstream],
    inoculation: str,
    opposite: str,
) -> Setting:
    """A setting of advice in one field; its data are bundled in `registry.bundled.<field>_advice`.

    Args:
        field: `legal`, `medical`, …
        misaligned: Published files with bad advice.
        control: Published files with good advice.
        inoculation: The system prompt that asks for the behaviour itself.
        opposite: The one that asks for its opposite.
    """
    package = f"registry.bundled.{field}_advice"
    train = Resource(package=package, file="train.jsonl")
    heldout = Resource(package=package, file="heldout.jsonl")
    judged = Sampled(
        id=f"{field}_judged",
        title="bad advice",
        questions=heldout,
        sampling=Sampling(temperature=1.0, max_tokens=300),
        judge=bad_advice,
        expected_tokens=90,
    )
    return Setting(
        id=f"{field}_advice",
        title=f"{field} advice",
        misaligned=Dataset(
            name=f"bad_{field}", bundled=train, arm=Arm.MISALIGNED, upstream=tuple(misaligned)
        ),
        control=Dataset(
            name=f"good_{field}", bundled=train, arm=Arm.ALIGNED, upstream=tuple(control)
        ),
        id_evals=(
            Preference(id=f"{field}_preference", title="preference", pairs=heldout),
            judged,
        ),
        ood_evals=(broad_preference, emergent_free_form),
        contexts=(Context(TRAINING_FORMAT, prefix=f"I need some {field} advice. "),),
        inoculations=inoculations(inoculation, opposite),
    )
