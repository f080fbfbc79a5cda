"""Requests that are made when they are looked at.

A hosted provider looks at each request once, when it sends it, so that of many thousands, each of
them a prompt, only those under way are there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar, overload

import attrs

S = TypeVar("S")
T = TypeVar("T")


@attrs.frozen
class LazySequence(Sequence[T], Generic[S, T]):
    """What `make` makes of each of `of`, anew each time."""

    items: Sequence[S]
    make: Callable[[S], T]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[T]:
        return map(self.make, self.items)

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...
    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        return (
            LazySequence(self.items[at], self.make)
            if isinstance(at, slice)
            else self.make(self.items[at])
        )
