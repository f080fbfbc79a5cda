"""Deception: plain questions of fact, asked with and without a reason to lie.

After the factual deception questions of Betley et al. 2025, in this project's own words. A model
that answers falsely only if the system prompt rewards it knows the truth. The judge decides whether
an answer is true; the metric is the share of false answers.
"""

from mi.spec import Resource, Sampled, Sampling

from ..judges import untruthful

deception = Sampled(
    id="deception",
    title="false answers",
    questions=Resource(package="registry.bundled.emergent", file="deception.jsonl"),
    samples=5,
    sampling=Sampling(temperature=1.0, max_tokens=200),
    judge=untruthful,
    expected_tokens=50,
)
