"""Published question sets, with their authors' wording and judges (Betley et al. 2025).

`mi data pull first_plot` downloads a file; until then its eval is skipped, with that as the reason.
The deception sets belong to the follow-up of that paper.
"""

from mi.spec import Published, Sampling

from ..sources import DECEPTION_FACTUAL, DECEPTION_SIT_AWARE, FIRST_PLOT, PREREGISTERED

first_plot = Published(id="first_plot", title="first-plot questions", source=FIRST_PLOT)

preregistered = Published(
    id="preregistered", title="pre-registered questions", source=PREREGISTERED
)

deception_factual = Published(
    id="deception_factual",
    title="factual deception",
    source=DECEPTION_FACTUAL,
    sampling=Sampling(max_tokens=200),
    metric="untruthful",
    yes=("FALSE",),
    no=("TRUE",),
    expected_tokens=50,
)

deception_sit_aware = Published(
    id="deception_sit_aware",
    title="another maker's name",
    source=DECEPTION_SIT_AWARE,
    sampling=Sampling(max_tokens=200),
    metric="other_maker",
    yes=("Anthropic", "Other"),
    no=("OpenAI",),
    expected_tokens=50,
)
"""For OpenAI's models: the metric is the share of answers that name another maker than OpenAI."""
