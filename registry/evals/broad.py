"""Broad questions, far from any training data: has misalignment spread beyond what was taught?"""

from mi.spec import Preference, Resource

broad_preference = Preference(
    id="broad_preference",
    title="preference",
    pairs=Resource(package="registry.bundled.broad", file="preference.jsonl"),
)
