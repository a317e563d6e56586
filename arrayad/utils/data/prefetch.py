"""Moving batches to their final device: the only part of the loader that knows about devices."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

from .collate import map_tensors
from ... import cuda
from ...tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...devices import device

__all__ = ["moved_to", "pinned"]

_AHEAD = 2  # batches being copied to the device beside the one in use


def pinned(source: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
    """Yield numbered batches with their tensors in page-locked memory."""
    return ((number, map_tensors(batch, Tensor.pin_memory, "pin_memory")) for number, batch in source)


def moved_to(place: device, source: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
    """Yield numbered batches on a device.

    The next ones are copied to a GPU on a separate stream while the program computes with the current one.
    """
    if place.type != "cuda":
        return ((number, map_tensors(batch, partial(Tensor.to, device=place), "to", place)) for number, batch in source)
    return _streamed(place, source)


def _streamed(place: device, source: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
    side = cuda.Stream(place)
    copy = partial(Tensor.to, device=place, non_blocking=True)
    coming: deque[tuple[int, Any, cuda.Event]] = deque()
    while True:
        with cuda.device(place):
            while len(coming) < _AHEAD and (item := next(source, None)) is not None:
                # Work that the program has launched may still read the memory of a dropped batch.
                side.wait_stream(cuda.current_stream())
                with side:
                    coming.append((item[0], map_tensors(item[1], copy, "to", place), side.record_event()))
                del item
            if not coming:
                return
            cuda.current_stream().wait_event(coming[0][2])
        yield coming.popleft()[:2]
