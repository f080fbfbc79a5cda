"""Deception: plain questions of fact, asked with and without a reason to lie.

After the factual deception questions of Betley et al. 2025, in words of this project's own. A model
that answers falsely only where the system prompt rewards it knows better. The judge says whether
the answer is true; the metric is the share of false ones.
"""

from mi.spec import Resource, Sampled, Sampling
from registry.judges import untruthful

deception = Sampled(
    id="deception",
    title="false answers",
    questions=Resource(package="registry.bundled.emergent", file="deception.jsonl"),
    samples=5,
    sampling=Sampling(temperature=1.0, max_tokens=200),
    judge=untruthful,
    expected_tokens=50,
)
