"""Running units on a Ray cluster: Ray places and runs them, `mi` decides which can start.

The scheduler starts units and collects their results as usual; only the place where a unit runs
differs. A unit is a call of an actor, a process of the cluster with the resources that are
configured for the unit's kind. An actor runs one unit after another and keeps the base model loaded
in between. It works in the store itself, under the same leases; only the driver writes the results
database and the record of the run.
"""

from .executor import execute_on_ray

__all__ = ["execute_on_ray"]
