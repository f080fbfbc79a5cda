"""Units on a Ray cluster: Ray places and runs them, `mi` decides which can begin.

The scheduler starts units and collects their results as it does anywhere; only the place where a
unit runs differs. A unit is a call of an actor, a process of the cluster
with the share of a machine that the unit's kind is given. An actor does one unit after the other
and keeps the base model loaded in between. It works in the store itself, under the same claims; the
driver alone writes the results database and what the run did.
"""

from .executor import execute_on_ray

__all__ = ["execute_on_ray"]
