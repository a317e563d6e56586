"""The modes that calls and backward go by: whether operations are recorded, and whether faults are looked for."""

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


# Of the thread, or of the asynchronous task. (A ContextVar is read in 20 ns, an attribute of a `threading.local` in 43.)
_grad_mode: ContextVar[bool] = ContextVar("grad_mode", default=True)
recording = _grad_mode.get
set_recording = _grad_mode.set


def is_grad_enabled() -> bool:
    """Whether operations on tracked tensors are recorded in this thread."""
    return recording()


class _Switch:
    """A context manager and decorator that sets this thread's grad mode, as often as it is entered."""

    _mode: bool
    _before: Any = ()  # the mode before it was entered last, and the same of the time before that

    def __enter__(self) -> None:
        self._before = (recording(), self._before)
        try:
            set_recording(self._mode)
        except BaseException:  # an interrupt, which is noticed at the end of a call
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
    """A generator each of whose turns is run in a grad mode, and not what its user does between them."""
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
    """One that decorates also without parentheses."""

    @overload
    def __new__(cls, function: None = None, /) -> Self: ...
    @overload
    def __new__(cls, function: _F, /) -> _F: ...  # type: ignore[misc]  # no switch comes of it
    def __new__(cls, function: Any = None, /, **_: Any) -> Any:
        """A switch, or the function that it decorates."""
        return cls()(function) if callable(function) else super().__new__(cls)

    if not TYPE_CHECKING:  # to a checker, it would refuse the function

        def __init__(self) -> None:
            """Of no arguments."""


class no_grad(_Bare):
    """Do not record operations in a ``with`` block or a decorated function, in this thread.

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
    """Record operations in a ``with`` block or a decorated function, in this thread, also inside `no_grad`."""

    _mode = True


class inference_mode(_Bare):
    """The same as `no_grad`, since there is nothing more to save; with ``mode=False`` as `enable_grad`."""

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
    """Record, or do not record, operations: at once, for a ``with`` block, or for a decorated function.

    Parameters
    ----------
    mode : bool
        Whether to record. The setting is this thread's alone.

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
        """The first time there is nothing to do: the mode is set since the call."""
        if not self._entered:
            super().__enter__()
        self._entered = False

    def __call__(self, function: _F) -> _F:
        """Decorate a function."""
        if self._entered:
            self.__exit__()  # as a decorator it holds within the function only
            self._entered = False
        return super().__call__(function)


# --- anomaly detection ---


class _Anomaly:
    enabled: bool = False
    check_nan: bool = True


anomaly = _Anomaly()


class set_detect_anomaly:
    """Look for what goes wrong in backward, and say which line of the forward it belongs to: at once or in a ``with`` block.

    Every operation then notes the source line that called it. An error, or a NaN, in the backward of an operation names that
    line. It slows everything down; it is for finding a fault.

    Parameters
    ----------
    mode : bool
        Whether to look.
    check_nan : bool, optional
        Raise where a backward first gives a NaN.

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
        """Nothing to do: the mode is set since the call."""

    def __exit__(self, *exception: object) -> None:
        anomaly.enabled, anomaly.check_nan = self._before


class detect_anomaly:
    """`set_detect_anomaly` with true, for a ``with`` block, as often as it is entered.

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
    """The source line outside of this package that the current call comes from."""
    frame: Any = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
        frame = frame.f_back
    path, line = frame.f_code.co_filename, frame.f_lineno
    source = linecache.getline(path, line).strip()
    return f'File "{path}", line {line}, in {frame.f_code.co_name}' + (f"\n    {source}" if source else "")
