"""Sequences whose items are built on access.

A hosted provider looks at each request once, when it sends it. So of many thousand requests, each
with a prompt, only those under way are in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar, overload

import attrs

S = TypeVar("S")
T = TypeVar("T")


@attrs.frozen
class LazySequence(Sequence[T], Generic[S, T]):
    """Item i is `make(items[i])`, built anew on each access."""

    items: Sequence[S]
    make: Callable[[S], T]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[T]:
        return map(self.make, self.items)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return LazySequence(self.items[index], self.make)
        return self.make(self.items[index])
