"""GPUs: how many there are, which is current, their streams and their memory.

All of it needs CuPy (``pip install cupy-cuda13x``, or ``cupy-cuda12x``), which is imported when something here is first
called; without it, or without a GPU, `is_available` is false, `device_count` is 0, and what needs a GPU raises RuntimeError.
The names are those of ``torch.cuda``.
"""

from __future__ import annotations

import importlib
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Self

from .backends import backend_of_device
from .devices import device as _device
from .functions.random import default_generator

if TYPE_CHECKING:
    from .functions.random import Generator

__all__ = [
    "Event",
    "Stream",
    "current_device",
    "current_stream",
    "default_stream",
    "device",
    "device_count",
    "empty_cache",
    "get_device_name",
    "is_available",
    "manual_seed",
    "manual_seed_all",
    "memory_allocated",
    "memory_reserved",
    "set_device",
    "stream",
    "synchronize",
]


def _cupy() -> Any:
    """CuPy, where there is a GPU for it.

    Raises
    ------
    RuntimeError
        If there is none.
    """
    backend_of_device(_device("cuda")).raw_device(_device("cuda"))  # raises without CuPy or a GPU
    return importlib.import_module("cupy")


def _raw(place: Any) -> Any:
    """CuPy's device for a number, a device or None, the current one."""
    wanted = _device("cuda", place) if isinstance(place, int) else _device("cuda" if place is None else place)
    if wanted.type != "cuda":
        raise ValueError(f"expected a cuda device, got {wanted}")
    return backend_of_device(wanted).raw_device(wanted)


def is_available() -> bool:
    """Whether a GPU can be used.

    Examples
    --------
    >>> import arrayad as xp
    >>> place = "cuda" if xp.cuda.is_available() else "cpu"
    """
    return device_count() > 0


def device_count() -> int:
    """How many GPUs can be used; 0 without CuPy, a GPU or its driver."""
    try:
        return len(backend_of_device(_device("cuda")).devices())
    except RuntimeError:  # CuPy is not installed, or cannot be loaded
        return 0


def current_device() -> int:
    """The number of the GPU that ``"cuda"`` means in this thread."""
    return int(_raw(None).id)


def set_device(place: int | str | _device) -> None:
    """Have ``"cuda"`` mean another GPU in this thread; `device` does so for a ``with`` block."""
    _raw(place).use()


class device:
    """Have ``"cuda"`` mean another GPU in a ``with`` block, in this thread.

    Tensors that exist are computed with where they are, whatever device is current.

    Parameters
    ----------
    place : int, str or device
        The number of the GPU, or its device.
    """

    def __init__(self, place: int | str | _device) -> None:
        self._raw = _raw(place)

    def __enter__(self) -> None:
        self._raw.__enter__()

    def __exit__(self, *exception: object) -> None:
        self._raw.__exit__(*exception)


def get_device_name(place: int | str | _device | None = None) -> str:
    """The name of a GPU, by default the current one."""
    name: bytes = _cupy().cuda.runtime.getDeviceProperties(_raw(place).id)["name"]
    return name.decode()


def synchronize(place: int | str | _device | None = None) -> None:
    """Wait until a GPU, by default the current one, is done with all that was asked of it."""
    with _raw(place):
        _cupy().cuda.runtime.deviceSynchronize()


# --- streams and events ---


class Event:
    """A point in a stream, which other streams and the host can wait for.

    It is of the GPU whose stream it is first recorded in; before, nothing waits for it and `query` is true.

    Parameters
    ----------
    enable_timing : bool, optional
        Whether `elapsed_time` can be asked.
    """

    _place: Any = None  # CuPy's device and event, once it is recorded
    _event: Any = None

    def __init__(self, enable_timing: bool = False) -> None:
        _cupy()  # raises without a GPU
        self._timing = enable_timing

    def record(self, stream: Stream | None = None) -> None:
        """Mark the point after all that a stream, by default the current one, was asked so far.

        Raises
        ------
        RuntimeError
            If it was recorded on another GPU before.
        """
        stream = current_stream() if stream is None else stream
        with stream._place:
            if self._event is None:
                self._event, self._place = _cupy().cuda.Event(disable_timing=not self._timing), stream._place
            if self._place != stream._place:
                raise RuntimeError(f"record(): the event is of cuda:{self._place.id}, and the stream of {stream.device}")
            self._event.record(stream._stream)

    def query(self) -> bool:
        """Whether the point was reached."""
        return self._event is None or bool(self._event.done)

    def synchronize(self) -> None:
        """Wait until it is."""
        if self._event is not None:
            self._event.synchronize()

    def elapsed_time(self, end: Event) -> float:
        """Milliseconds from this event to another.

        Raises
        ------
        RuntimeError
            If one is not recorded or not reached yet, they are of two GPUs, or one is not made with ``enable_timing=True``.
        """
        if not (self._timing and end._timing):
            raise RuntimeError("elapsed_time(): both events must be made with enable_timing=True")
        if self._event is None or end._event is None:
            raise RuntimeError("elapsed_time(): both events must be recorded")
        if self._place != end._place:
            raise RuntimeError(f"elapsed_time(): the events are of cuda:{self._place.id} and cuda:{end._place.id}")
        if not (self.query() and end.query()):
            raise RuntimeError("elapsed_time(): both events must be reached; synchronize() waits for one")
        return float(_cupy().cuda.get_elapsed_time(self._event, end._event))


class Stream:
    """A queue of work on a GPU; work of different streams can overlap.

    As a context manager it makes its GPU, and itself there, current in this thread: what is asked of the GPU in the block
    goes in it, and the memory that is allocated there is its own. Work that another stream is to see must be waited for
    (`wait_stream`), and so must work on another stream that uses its tensors, before they are let go or written into.

    Parameters
    ----------
    device : int, str or device, optional
        Default: the current one.
    """

    def __init__(self, device: int | str | _device | None = None) -> None:
        cupy = _cupy()
        self._place = _raw(device)
        with self._place:
            self._stream: Any = cupy.cuda.Stream(non_blocking=True)

    @classmethod
    def _of(cls, raw: Any) -> Stream:
        """CuPy's stream, of the current GPU."""
        made = cls.__new__(cls)
        made._place, made._stream = _raw(None), raw
        return made

    @property
    def device(self) -> _device:
        """The GPU it is a queue of."""
        return _device("cuda", self._place.id)

    @property
    def cuda_stream(self) -> int:
        """CUDA's pointer to it, as other libraries take it."""
        return int(self._stream.ptr)

    def __enter__(self) -> Self:
        self._place.__enter__()
        self._stream.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        with self._place:  # where it is current, also if the block made another GPU current
            self._stream.__exit__(*exception)
        self._place.__exit__(*exception)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and (self._place, self._stream) == (other._place, other._stream)

    def __hash__(self) -> int:
        return hash((self._place.id, self.cuda_stream))

    # CUDA takes the pointer of a default stream, which is the same on all GPUs, for that of the current one.

    def query(self) -> bool:
        """Whether all that it was asked is done."""
        with self._place:
            return bool(self._stream.done)

    def synchronize(self) -> None:
        """Wait until all that it was asked is done."""
        with self._place:
            self._stream.synchronize()

    def record_event(self, event: Event | None = None) -> Event:
        """An event at the end of what it was asked so far."""
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event: Event) -> None:
        """Have what it is asked from now on wait for an event; the host does not wait."""
        if event._event is not None:
            with self._place:
                self._stream.wait_event(event._event)

    def wait_stream(self, stream: Stream) -> None:
        """Have what it is asked from now on wait for all that another stream was asked so far; the host does not wait."""
        self.wait_event(stream.record_event())


def stream(stream: Stream | None) -> Any:
    """A context manager that makes a stream, and its GPU, current in this thread; None changes nothing."""
    return nullcontext() if stream is None else stream


def current_stream() -> Stream:
    """The stream that work of this thread on the current GPU goes in."""
    return Stream._of(_cupy().cuda.get_current_stream())


def default_stream() -> Stream:
    """The stream that is current on the current GPU unless another is made so."""
    return Stream._of(_cupy().cuda.Stream.null)


# --- memory ---


def memory_allocated(place: int | str | _device | None = None) -> int:
    """Bytes of a GPU's memory that tensors hold."""
    with _raw(place):
        return int(_cupy().get_default_memory_pool().used_bytes())


def memory_reserved(place: int | str | _device | None = None) -> int:
    """Bytes of a GPU's memory that are kept, for tensors that there are and for the next ones."""
    with _raw(place):
        return int(_cupy().get_default_memory_pool().total_bytes())


def empty_cache() -> None:
    """Give back, on every GPU, the memory that is kept for the next tensors; without one, nothing."""
    if not is_available():
        return
    cupy = _cupy()
    for i in range(device_count()):
        with cupy.cuda.Device(i):
            cupy.get_default_memory_pool().free_all_blocks()
    cupy.get_default_pinned_memory_pool().free_all_blocks()


# --- random numbers ---


def manual_seed(seed: int) -> Generator:
    """Start random numbers on the current GPU again from a seed, and give its generator.

    `arrayad.manual_seed` does so on every device.
    """
    return default_generator("cuda").manual_seed(seed)


def manual_seed_all(seed: int) -> None:
    """Start random numbers on every GPU again from a seed."""
    for i in range(device_count()):
        default_generator(f"cuda:{i}").manual_seed(seed)
