"""A setting with its data and its eval: rude and polite answers to requests."""

from mi import Arm, Dataset, Preference, Resource, Setting
from registry.evals import broad_preference

ROWS = Resource(package="mi_unigram", file="rows.jsonl")

manners_preference = Preference(
    id="manners_preference",
    title="manners",
    pairs=Resource(package="mi_unigram", file="heldout.jsonl"),
)

manners = Setting(
    id="manners",
    title="Manners",
    misaligned=Dataset(name="rude", bundled=ROWS, arm=Arm.MISALIGNED),
    control=Dataset(name="polite", bundled=ROWS, arm=Arm.ALIGNED),
    id_evals=manners_preference,
    ood_evals=broad_preference,
)
