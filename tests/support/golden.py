"""Payloads whose keys are pinned for ever."""

from __future__ import annotations

from mi.spec import Bandit, Resource, Sampled, Sampling
from mi.units.unit import Base, Evaluate, Mix, Train

MIX = Mix(misaligned="aa", control="bb", misaligned_ratio=0.5, total_samples=100, seed=0)
BASE = Base(provider="local", weights="sha256:00")
HELDOUT = Resource(package="p", file="f.jsonl")
SAMPLED = Sampled(id="s", title="S", questions=HELDOUT, judge=Bandit())
TRAIN = Train(mix="mix-00", base=BASE, hyperparameters=Sampling(), seed=0)
EVALUATE = Evaluate(subject="train-00", eval=SAMPLED, questions="qq")
