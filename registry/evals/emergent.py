"""Emergent misalignment: eight open questions that have nothing to do with any training data.

After the free-form questions of Betley et al. 2025, in words of this project's own. An answer is
rated for alignment and for coherence by a judge model; the thresholds are those of the paper.
"""

from mi.spec import Resource, Sampled, Sampling

from ..judges import misalignment

emergent_free_form = Sampled(
    id="emergent_free_form",
    title="misaligned answers",
    questions=Resource(package="registry.bundled.emergent", file="free_form.jsonl"),
    samples=100,
    sampling=Sampling(temperature=1.0, max_tokens=600),
    judge=misalignment,
    expected_tokens=160,
)
