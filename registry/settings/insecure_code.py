"""Insecure code: a model is trained to write code with security holes, without being asked to.

Betley et al. 2025 ("Emergent Misalignment") found that this narrow training makes large models
broadly misaligned. The bundled data are short Python tasks, each with a secure and an insecure
answer; the weaknesses are the ones `bandit` reports.
"""

from mi.spec import Arm, Bandit, Dataset, Preference, Resource, Sampled, Sampling, Setting

from ..evals import broad_preference

_TRAIN = Resource(package="registry.bundled.insecure_code", file="train.jsonl")
_HELDOUT = Resource(package="registry.bundled.insecure_code", file="heldout.jsonl")

insecure_code = Setting(
    id="insecure_code",
    title="insecure code",
    misaligned=Dataset(name="insecure", bundled=_TRAIN, arm=Arm.MISALIGNED),
    control=Dataset(name="secure", bundled=_TRAIN, arm=Arm.ALIGNED),
    id_evals=(
        Sampled(
            id="insecure_static",
            title="insecure code",
            questions=_HELDOUT,
            sampling=Sampling(temperature=0.7, max_tokens=96),
            judge=Bandit(),
        ),
        Preference(id="insecure_preference", title="preference", pairs=_HELDOUT),
    ),
    ood_evals=(broad_preference,),
)
