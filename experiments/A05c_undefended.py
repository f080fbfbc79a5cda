"""A05c: what would the misaligned rows alone have done?

Question. A05a and A05b compare mixed training with the untrained model: that is harm, not defence.
Whether aligned rows prevent harm takes the *undefended arm*: the same misaligned rows, without any
aligned ones.

Design. Pure misaligned training sets of as many rows as the mixes of A05a and A05b have misaligned
ones: 50, 125, 250, 500 and 1000 match A05a (as many aligned rows added), and 100, 250, 500 and 750
match A05b at 1000 rows (9, 3, 1 and a third as many added). For one seed the misaligned rows of a
mix are the rows of its undefended twin, so they are compared seed by seed. The cell of 1000 rows is
A05b's `pure_misaligned`: trained once, shown in both.

Reading. `mi report A05a A05b A05c` says what adding aligned rows does, with the training steps that
they bring.
"""

from mi import Experiment, Pilot
from registry.settings import insecure_code

A05c = Experiment(
    id="A05c",
    title="Undefended arm",
    question="How much harm do the misaligned rows of A05a and A05b do without aligned ones?",
    settings=(insecure_code,),
    misaligned_ratio=1.0,
    total_samples=(50, 100, 125, 250, 500, 750, 1000),
    seeds=(0, 1, 2),
    pilot=Pilot(seeds=(0,)),
)
