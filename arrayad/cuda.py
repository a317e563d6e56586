"""GPUs: their number, the current one, their streams and their memory.

Everything here requires CuPy (``pip install cupy-cuda13x`` or ``cupy-cuda12x``), which is imported when a function here is
first called. Without it, or without a GPU, `is_available` is false, `device_count` is 0, and whatever needs a GPU raises
RuntimeError. The names are those of ``torch.cuda``.
"""

from __future__ import annotations

import importlib
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Self

from .arguments import integer_of
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
    """CuPy, if there is a GPU for it.

    Raises
    ------
    RuntimeError
        If CuPy or the GPU is missing.
    """
    backend_of_device(_device("cuda")).raw_device(_device("cuda"))  # raises without CuPy or a GPU
    return importlib.import_module("cupy")


def _raw(place: Any) -> Any:
    """CuPy's device for a number or a device; the current one for None."""
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
    """The number of usable GPUs; 0 without CuPy, a GPU or its driver."""
    try:
        return len(backend_of_device(_device("cuda")).devices())
    except RuntimeError:  # CuPy is not installed, or cannot be loaded
        return 0


def current_device() -> int:
    """The index of the GPU that ``"cuda"`` means in this thread."""
    return int(_raw(None).id)


def set_device(place: int | str | _device) -> None:
    """Make ``"cuda"`` mean another GPU in this thread; `device` does so for a ``with`` block."""
    _raw(place).use()


class device:
    """Make ``"cuda"`` mean another GPU in a ``with`` block, in this thread.

    Operations on existing tensors run on the device of the tensors, whichever device is current.

    Parameters
    ----------
    place : int, str or device
        The index of the GPU, or its device.
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
    """Wait until a GPU, by default the current one, has finished all its work."""
    with _raw(place):
        _cupy().cuda.runtime.deviceSynchronize()


# --- streams and events ---


class Event:
    """A point in a stream, which other streams and the host can wait for.

    The event belongs to the GPU of the stream in which it is first recorded. Until then nothing waits for it and `query` is
    true.

    Parameters
    ----------
    enable_timing : bool, optional
        Whether `elapsed_time` can be used.
    """

    _place: Any = None  # CuPy's device and event, once it is recorded
    _event: Any = None

    def __init__(self, enable_timing: bool = False) -> None:
        _cupy()  # raises without a GPU
        self._timing = enable_timing

    def record(self, stream: Stream | None = None) -> None:
        """Mark the point after all work submitted so far to a stream, by default the current one.

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
                raise RuntimeError(f"record(): the event is on cuda:{self._place.id}, but the stream is on {stream.device}")
            self._event.record(stream._stream)

    def query(self) -> bool:
        """Whether the point has been reached."""
        return self._event is None or bool(self._event.done)

    def synchronize(self) -> None:
        """Wait until the point is reached."""
        if self._event is not None:
            self._event.synchronize()

    def elapsed_time(self, end: Event) -> float:
        """Milliseconds from this event to another.

        Raises
        ------
        RuntimeError
            If one is not recorded or not yet reached, they are on different GPUs, or one was made without
            ``enable_timing=True``.
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

    As a context manager it makes itself and its GPU current in this thread: work submitted to the GPU in the block runs in
    this stream, and memory allocated there belongs to it. Before another stream reads its results, that stream must wait for
    it (`wait_stream`); and before its tensors are freed or written to, this stream must wait for other streams that use
    them.

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
        """Wrap CuPy's stream of the current GPU."""
        made = cls.__new__(cls)
        made._place, made._stream = _raw(None), raw
        return made

    @property
    def device(self) -> _device:
        """The GPU that the stream belongs to."""
        return _device("cuda", self._place.id)

    @property
    def cuda_stream(self) -> int:
        """CUDA's pointer to the stream, in the form other libraries take."""
        return int(self._stream.ptr)

    def __enter__(self) -> Self:
        self._place.__enter__()
        self._stream.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        with self._place:  # current on its own GPU, also if the block made another GPU current
            self._stream.__exit__(*exception)
        self._place.__exit__(*exception)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and (self._place, self._stream) == (other._place, other._stream)

    def __hash__(self) -> int:
        return hash((self._place.id, self.cuda_stream))

    # CUDA interprets the pointer of a default stream, which is the same on all GPUs, as that of the current GPU.

    def query(self) -> bool:
        """Whether all submitted work is done."""
        with self._place:
            return bool(self._stream.done)

    def synchronize(self) -> None:
        """Wait until all submitted work is done."""
        with self._place:
            self._stream.synchronize()

    def record_event(self, event: Event | None = None) -> Event:
        """Record an event after the work submitted so far."""
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event: Event) -> None:
        """Make work submitted from now on wait for an event; the host does not wait."""
        if event._event is not None:
            with self._place:
                self._stream.wait_event(event._event)

    def wait_stream(self, stream: Stream) -> None:
        """Make work submitted from now on wait for all work submitted so far to another stream; the host does not wait."""
        self.wait_event(stream.record_event())


def stream(stream: Stream | None) -> Any:
    """Return a context manager that makes a stream, and its GPU, current in this thread; None changes nothing."""
    return nullcontext() if stream is None else stream


def current_stream() -> Stream:
    """The stream that this thread's work on the current GPU runs in."""
    return Stream._of(_cupy().cuda.get_current_stream())


def default_stream() -> Stream:
    """The stream of the current GPU that is current unless another is made so."""
    return Stream._of(_cupy().cuda.Stream.null)


# --- memory ---


def memory_allocated(place: int | str | _device | None = None) -> int:
    """Bytes of a GPU's memory held by tensors."""
    with _raw(place):
        return int(_cupy().get_default_memory_pool().used_bytes())


def memory_reserved(place: int | str | _device | None = None) -> int:
    """Bytes of a GPU's memory held by CuPy's pool, in use or free."""
    with _raw(place):
        return int(_cupy().get_default_memory_pool().total_bytes())


def empty_cache() -> None:
    """Return the free memory of the pools of all GPUs to the system; without a GPU, do nothing."""
    if not is_available():
        return
    cupy = _cupy()
    for i in range(device_count()):
        with cupy.cuda.Device(i):
            cupy.get_default_memory_pool().free_all_blocks()
    cupy.get_default_pinned_memory_pool().free_all_blocks()


# --- random numbers ---


def manual_seed(seed: int) -> Generator:
    """Seed the random numbers of the current GPU, and return its generator.

    `arrayad.manual_seed` seeds every device.
    """
    return default_generator("cuda").manual_seed(seed)


def manual_seed_all(seed: int) -> None:
    """Seed the random numbers of every GPU."""
    seed = integer_of(seed, "manual_seed_all", "seed")
    for i in range(device_count()):
        default_generator(f"cuda:{i}").manual_seed(seed)
