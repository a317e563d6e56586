"""The modes of calls and backward: whether operations are recorded, and whether anomalies are detected."""

from __future__ import annotations

import functools
import inspect
import linecache
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = [
    "anomaly",
    "caller",
    "detect_anomaly",
    "enable_grad",
    "inference_mode",
    "is_grad_enabled",
    "no_grad",
    "recording",
    "set_detect_anomaly",
    "set_grad_enabled",
    "set_recording",
]

_F = TypeVar("_F", bound="Callable[..., Any]")


# --- grad mode ---


# Per thread or asynchronous task. (Reading a ContextVar takes 20 ns, an attribute of a `threading.local` 43.)
_grad_mode: ContextVar[bool] = ContextVar("grad_mode", default=True)
recording = _grad_mode.get
set_recording = _grad_mode.set


def is_grad_enabled() -> bool:
    """Whether operations on tracked tensors are recorded in this thread."""
    return recording()


class _Switch:
    """A context manager and decorator that sets this thread's grad mode; it can be entered repeatedly."""

    _mode: bool
    _before: Any = ()  # the mode before the last entry, and recursively the `_before` of that time

    def __enter__(self) -> None:
        self._before = (recording(), self._before)
        try:
            set_recording(self._mode)
        except BaseException:  # an interrupt, which is raised at the end of a call
            self.__exit__()
            raise

    def __exit__(self, *exception: object) -> None:
        before, self._before = self._before
        set_recording(before)

    def __call__(self, function: _F) -> _F:
        """Decorate a function."""
        mode = enable_grad if self._mode else no_grad
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def generating(*args: Any, **kwargs: Any) -> Any:
                return _in_mode(mode, function(*args, **kwargs))

            return generating  # type: ignore[return-value]  # the same signature, which a TypeVar cannot say

        @functools.wraps(function)
        def switched(*args: Any, **kwargs: Any) -> Any:
            with mode():
                return function(*args, **kwargs)

        return switched  # type: ignore[return-value]  # as above


def _checked(name: str, mode: Any) -> bool:
    if not isinstance(mode, (bool, np.bool)):
        raise TypeError(f"{name}(): mode must be a bool, not {type(mode).__name__}")
    return bool(mode)


def _in_mode(mode: Callable[[], _Switch], generator: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """A generator that runs each step in a grad mode, but not its user's code in between."""
    turn: Callable[[Any], Any] = generator.send
    value: Any = None
    while True:
        try:
            with mode():
                out = turn(value)
        except StopIteration as stop:
            return stop.value
        try:
            value, turn = (yield out), generator.send
        except GeneratorExit:
            with mode():
                generator.close()
            raise
        except BaseException as error:  # noqa: BLE001  (thrown in for the generator to handle)
            value, turn = error, generator.throw


class _Bare(_Switch):
    """One that can also decorate without parentheses."""

    @overload
    def __new__(cls, function: None = None, /) -> Self: ...
    @overload
    def __new__(cls, function: _F, /) -> _F: ...  # type: ignore[misc]  # no switch comes of it
    def __new__(cls, function: Any = None, /, **_: Any) -> Any:
        """Return a switch, or the function that it decorates."""
        return cls()(function) if callable(function) else super().__new__(cls)

    if not TYPE_CHECKING:  # a type checker would otherwise reject the function

        def __init__(self) -> None:
            """Take no arguments."""


class no_grad(_Bare):
    """Disable recording in a ``with`` block or a decorated function, in this thread.

    Examples
    --------
    >>> import arrayad as xp
    >>> x = xp.ones(2, requires_grad=True)
    >>> with xp.no_grad():
    ...     (x * 2).requires_grad
    False
    """

    _mode = False


class enable_grad(_Bare):
    """Enable recording in a ``with`` block or a decorated function, in this thread, also inside `no_grad`."""

    _mode = True


class inference_mode(_Bare):
    """The same as `no_grad`, since there is nothing more to save; ``mode=False`` is `enable_grad`."""

    if TYPE_CHECKING:

        @overload
        def __new__(cls, mode: bool = True) -> Self: ...
        @overload
        def __new__(cls, function: _F, /) -> _F: ...  # type: ignore[misc]  # no switch comes of it
        def __new__(cls, mode: Any = True) -> Any: ...  # noqa: D102  (it is the one of `_Bare`)

    else:

        def __init__(self, mode: bool = True) -> None:
            self._mode = not _checked("inference_mode", mode)


class set_grad_enabled(_Switch):
    """Enable or disable recording: immediately, for a ``with`` block, or for a decorated function.

    Parameters
    ----------
    mode : bool
        Whether to record. The setting applies to this thread only.

    Examples
    --------
    >>> import arrayad as xp
    >>> x = xp.ones(2, requires_grad=True)
    >>> with xp.set_grad_enabled(False):
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    def __init__(self, mode: bool) -> None:
        self._mode = _checked("set_grad_enabled", mode)
        super().__enter__()
        self._entered = True

    def __enter__(self) -> None:
        """Nothing to do on the first entry: the call has set the mode."""
        if not self._entered:
            super().__enter__()
        self._entered = False

    def __call__(self, function: _F) -> _F:
        """Decorate a function."""
        if self._entered:
            self.__exit__()  # as a decorator it applies within the function only
            self._entered = False
        return super().__call__(function)


# --- anomaly detection ---


class _Anomaly:
    enabled: bool = False
    check_nan: bool = True


anomaly = _Anomaly()


class set_detect_anomaly:
    """Detect errors in backward and name their line of the forward pass: from now on or in a ``with`` block.

    Every operation then records the source line that called it. An error, or a NaN, in the backward of an operation names
    that line. This slows everything down; use it for debugging.

    Parameters
    ----------
    mode : bool
        Whether to detect anomalies.
    check_nan : bool, optional
        Raise at the first NaN in backward.

    Examples
    --------
    >>> import arrayad as xp
    >>> x = xp.tensor(0.0, requires_grad=True)
    >>> with xp.autograd.detect_anomaly():
    ...     y = (x * 0) / x.detach().sign().abs().add(1)
    ...     y.backward()
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = (anomaly.enabled, anomaly.check_nan)
        anomaly.enabled = _checked("set_detect_anomaly", mode)
        anomaly.check_nan = check_nan

    def __enter__(self) -> None:
        """Nothing to do: the call has set the mode."""

    def __exit__(self, *exception: object) -> None:
        anomaly.enabled, anomaly.check_nan = self._before


class detect_anomaly:
    """`set_detect_anomaly(True)` for a ``with`` block; it can be entered repeatedly.

    Examples
    --------
    >>> import arrayad as xp
    >>> x = xp.asarray([xp.nan]).requires_grad_()
    >>> with xp.autograd.detect_anomaly():
    ...     try:
    ...         (x * 2 * x).backward()
    ...     except RuntimeError as error:
    ...         print(error)
    backward(): MulBackward0 returned nan values
    """

    def __init__(self, check_nan: bool = True) -> None:
        self._check_nan = check_nan
        self._entered: list[set_detect_anomaly] = []

    def __enter__(self) -> None:
        self._entered.append(set_detect_anomaly(True, self._check_nan))

    def __exit__(self, *exception: object) -> None:
        self._entered.pop().__exit__(*exception)


_PACKAGE = __name__.partition(".")[0]


def caller() -> str:
    """The source line outside this package from which the current call comes."""
    frame: Any = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
        frame = frame.f_back
    path, line = frame.f_code.co_filename, frame.f_lineno
    source = linecache.getline(path, line).strip()
    return f'File "{path}", line {line}, in {frame.f_code.co_name}' + (f"\n    {source}" if source else "")
