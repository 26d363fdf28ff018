"""Where building a large model may be broken off: between two copies, not only at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar, overload

T = TypeVar("T")

Checkpoint = Callable[[], None]
"""Called often; what it raises breaks off the building."""


class Checked(Sequence[T], Generic[T]):
    """A sequence that calls `checkpoint` before it hands out each of its items.

    Parameters
    ----------
    items : sequence
    checkpoint : callable
    """

    def __init__(self, items: Sequence[T], checkpoint: Checkpoint) -> None:
        self._items = items
        self._checkpoint = checkpoint

    def __iter__(self) -> Iterator[T]:
        """Hand out the items, with a checkpoint before each."""
        for item in self._items:
            self._checkpoint()
            yield item

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...

    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        """Return items without a checkpoint."""
        return self._items[index]

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self._items)
