"""Sending batches from a worker to the main process: pickled, with their arrays in shared memory.

A batch is pickled with protocol 5, so its arrays stay out of the pickle and are written once, into shared memory (by
`default_collate` when it makes them). The main process reads them there, without a copy. When the last array on the memory
is gone, the memory goes back to the worker for another batch. The memory is an unnamed file whose descriptor is passed
through the socket, so nothing can be left behind, whichever process is killed. Small batches go through the socket.

A worker has a fixed number of such segments: one for each batch that it prepares in advance, and those that the program may
hold. Its first batches each take a new one, so that it does not grow later, when the program happens to be slow. It gets no
task while all segments are in use, so it never has to wait for one in the middle of a batch.
"""

from __future__ import annotations

import contextlib
import errno
import math
import mmap
import os
import pickle
import socket
import struct
import tempfile
import weakref
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Channel", "Inbox", "Outbox", "Parcel"]

_ALIGN = 64  # bytes: a cache line, which suits NumPy's and BLAS' kernels
_SMALL_ARRAY = 1 << 10  # largest size in bytes of an array in the pickle
_SMALL = 1 << 14  # largest size in bytes of a batch for which the socket is faster than shared memory
# How many batches of one worker may be in use without a copy: the current one of a loop, and the next as it is passed on.
# The arrays of further ones are copied, so that memory is bounded and a worker can always continue.
_HELD = 2
_LENGTH = struct.Struct("!Q")
_CAN_SEND_FILES = hasattr(socket, "send_fds")  # not on Windows, where batches go through the socket


class Parcel(NamedTuple):
    """A packed batch."""

    spans: list[tuple[int, int]]  # start and length of the pickle and then of each array
    payload: bytearray | None  # those bytes, or None if they are in shared memory
    segment: int = -1  # the index of the segment of shared memory
    size: int = 0  # its size in bytes, if it is new; its descriptor then comes with the message
    replaces: int = -1  # the index of the segment that a new one replaces


def _shared_file(size: int) -> int:
    """Return a descriptor of an unnamed file in memory."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("arrayad", os.MFD_CLOEXEC)
    else:
        with tempfile.TemporaryFile() as file:
            fd = os.dup(file.fileno())
    os.ftruncate(fd, size)
    return fd


class Outbox:
    """The worker's end: packs batches into segments of shared memory that it reuses.

    Parameters
    ----------
    ahead : int
        How many batches the worker prepares in advance.
    """

    def __init__(self, ahead: int) -> None:
        self._wanted = ahead + _HELD  # how many segments are allocated before one is reused
        self._segments: dict[int, mmap.mmap] = {}
        # For segments that the other end does not know yet: the size, the segment replaced, the descriptor.
        self._unsent: dict[int, tuple[int, int, int]] = {}
        self._free: list[int] = []
        self._count = 0
        # Where arrays of the current batch are allocated: a segment, how much of it is used, and how much the last batch
        # used.
        self._current = -1
        self._lease: Any = None
        self._leases: dict[int, weakref.ref[Any]] = {}
        self._taken = 0
        self._usual = 0

    def release(self, segments: Iterable[int]) -> None:
        """Release segments that the other end no longer uses."""
        self._free.extend(segments)

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray[Any, Any] | None:
        """Allocate an array for a part of the next batch in the memory that will be sent, so that it need not be copied.

        None if there is no room: it can then be allocated anywhere.
        """
        size = math.prod(shape) * dtype.itemsize
        if size <= _SMALL or not _CAN_SEND_FILES:
            return None
        if self._current < 0:
            self._current = self._take(max(size, self._usual))
            if self._current < 0:
                return None
            self._lease = np.frombuffer(self._segments[self._current], np.uint8)
            self._leases[self._current] = weakref.ref(self._lease)
        start = self._taken
        if start + size > self._lease.size:
            return None
        self._taken = start + _aligned(size)
        array: np.ndarray[Any, Any] = self._lease[start : start + size].view(dtype).reshape(shape)
        return array

    def pack(self, batch: Any) -> tuple[Parcel, int | None]:
        """Pack a batch; returns it and the descriptor of its segment if that is new, to be closed once sent."""
        arrays: list[Any] = []

        def stays(buffer: pickle.PickleBuffer) -> bool:
            raw = buffer.raw()
            if raw.nbytes <= _SMALL_ARRAY:
                return True
            arrays.append(raw)
            return False

        stream = pickle.dumps(batch, protocol=5, buffer_callback=stays)
        parts = [memoryview(stream), *arrays]
        total = sum(_aligned(part.nbytes) for part in parts)
        spans = [self._span(part) for part in parts]
        outside = sum(_aligned(part.nbytes) for part, span in zip(parts, spans, strict=True) if span is None)
        if self._current >= 0 and (total <= _SMALL or self._taken + outside > self._lease.size):
            spans = [None] * len(parts)
            self.discard()
        segment, end = self._current, self._taken
        if segment < 0 and total > _SMALL and _CAN_SEND_FILES:
            segment = self._take(total)
        target: Any = bytearray(total) if segment < 0 else self._segments[segment]
        placed = []
        with memoryview(target) as memory:
            for part, span in zip(parts, spans, strict=True):
                if span is None:
                    span = end, part.nbytes
                    memory[end : end + part.nbytes] = part
                    end += _aligned(part.nbytes)
                placed.append(span)
        self._usual = end
        self._current, self._lease, self._taken = -1, None, 0
        if segment < 0:
            return Parcel(placed, target), None
        size, replaces, fd = self._unsent.pop(segment, (0, -1, None))
        return Parcel(placed, None, segment, size, replaces), fd

    def discard(self) -> None:
        """Discard what has been allocated for the current batch."""
        if self._current >= 0:
            self._free.append(self._current)
        self._current, self._lease, self._taken = -1, None, 0

    def _span(self, part: Any) -> tuple[int, int] | None:
        """The offset of an array in the current segment, None if it is elsewhere."""
        if self._lease is None:
            return None
        start = _address(np.frombuffer(part, np.uint8)) - _address(self._lease)
        return (start, part.nbytes) if 0 <= start <= self._lease.size - part.nbytes else None

    def _take(self, size: int) -> int:
        """Choose a free segment that is large enough, or a new one; -1 if too many files are open."""
        # A segment whose arrays this process has kept, say in a cache, must not be written to.
        free = [s for s in self._free if s not in self._leases or self._leases[s]() is None]
        fitting = [s for s in free if len(self._segments[s]) >= size]
        segment = -1
        if not fitting or len(self._segments) < self._wanted:
            segment = self._new(size, [s for s in free if s not in fitting])
        if segment < 0 and fitting:
            segment = min(fitting, key=lambda s: len(self._segments[s]))
            self._free.remove(segment)
        return segment

    def _new(self, size: int, small: list[int]) -> int:
        """Allocate a new segment, in place of a free one that is too small; -1 if too many files are open."""
        # A quarter more than needed, since the next batch may be a little larger; unwritten pages take no memory.
        capacity = -(-size * 5 // 4 // mmap.PAGESIZE) * mmap.PAGESIZE
        try:
            fd = _shared_file(capacity)
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                return -1
            raise
        replaces = -1
        if small:
            self._free.remove(small[0])
            self._leases.pop(small[0], None)
            del self._segments[small[0]]
            if small[0] in self._unsent:
                os.close(self._unsent.pop(small[0])[2])
            else:
                replaces = small[0]
        segment, self._count = self._count, self._count + 1
        self._segments[segment] = mmap.mmap(fd, capacity)
        self._unsent[segment] = capacity, replaces, fd
        return segment


def _aligned(size: int) -> int:
    return -(-size // _ALIGN) * _ALIGN


def _address(array: np.ndarray[Any, Any]) -> int:
    address: int = array.__array_interface__["data"][0]
    return address


class Inbox:
    """The main process's end: unpacks the batches of one worker, and records which segments are no longer used.

    Parameters
    ----------
    ahead : int
        How many batches the worker prepares in advance.
    """

    def __init__(self, ahead: int) -> None:
        self._most = ahead + _HELD  # how many segments the worker has
        self._tasks = 0  # given to the worker
        self._claimed = 0  # of these, the ones whose segments have not been reported free yet
        self._segments: dict[int, mmap.mmap] = {}
        self._leases: dict[int, weakref.ref[Any]] = {}
        self._returned: deque[int] = deque()  # appended to by the thread that drops the last array of a batch

    @property
    def is_new(self) -> bool:
        """Whether the worker has been given too few tasks to have allocated all its segments."""
        return self._tasks < self._most

    @property
    def has_room(self) -> bool:
        """Whether the worker has a segment for one more batch."""
        return self._claimed - len(self._returned) < self._most

    def claim(self) -> list[int]:
        """Register a task for the worker; returns the segments to report to it as free."""
        segments = []
        while self._returned:
            segment = self._returned.popleft()
            self._leases.pop(segment, None)
            segments.append(segment)
        self._tasks += 1
        self._claimed += 1 - len(segments)
        return segments

    def receive(self, parcel: Parcel | None, fd: int | None) -> None:
        """Register the answer to a task, in order of arrival: a parcel, or None if there is no batch."""
        if parcel is None or parcel.payload is not None:
            self._claimed -= 1
        if parcel is None or fd is None:
            return
        try:
            self._segments.pop(parcel.replaces, None)
            self._segments[parcel.segment] = mmap.mmap(fd, parcel.size)
        finally:
            os.close(fd)

    def drop(self, parcel: Parcel) -> None:
        """Release the segment of a batch that is not wanted."""
        if parcel.payload is None:
            self._returned.append(parcel.segment)

    def unpack(self, parcel: Parcel) -> Any:
        """Unpack a batch."""
        if parcel.payload is not None:
            data = np.frombuffer(parcel.payload, np.uint8)
        else:
            used = max(start + length for start, length in parcel.spans)
            data = np.frombuffer(self._segments[parcel.segment], np.uint8, used)
            if sum(lease() is not None for lease in self._leases.values()) >= _HELD:
                data = data.copy()
                self._returned.append(parcel.segment)
            else:
                # Every array made below has `data` as its base's base, so `data` goes with the last of them.
                returned, segment = self._returned, parcel.segment
                self._leases[segment] = weakref.ref(data, lambda _: returned.append(segment))
        stream, *arrays = [data[start : start + length] for start, length in parcel.spans]
        return pickle.loads(stream.data, buffers=arrays)


class Channel:
    """Messages over a connected pair of sockets, each optionally with a file descriptor.

    Parameters
    ----------
    sock : socket
        One of the pair. If it is blocking, `send` waits until the message is sent, and `receive` waits for a message or its
        timeout. Otherwise neither waits; later calls of `send` and `flush` send what could not be sent.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._waits = sock.getblocking()
        self._in = bytearray()
        self._out = bytearray()
        self._fds: deque[int] = deque()
        self.ended = False  # whether the other end is closed

    def fileno(self) -> int:
        """The file descriptor of the socket."""
        return self.sock.fileno()

    def send(self, message: bytes, fd: int | None = None) -> None:
        """Send a message; BrokenPipeError if the other end is closed."""
        frame = _LENGTH.pack(len(message)) + message
        if self._waits:
            self.sock.settimeout(None)
            if fd is not None:
                frame = frame[socket.send_fds(self.sock, [frame], [fd]) :]
            self.sock.sendall(frame)
        else:
            self._out += frame
            self.flush()

    def flush(self) -> None:
        """Send pending data, as far as the socket accepts it."""
        try:
            while self._out:
                del self._out[: self.sock.send(self._out)]
        except BlockingIOError:
            pass
        except (BrokenPipeError, ConnectionResetError):
            self._out.clear()  # the other end is closed, which `receive` reports

    @property
    def has_unsent(self) -> bool:
        """Whether data are pending."""
        return bool(self._out)

    def receive(self, timeout: float | None = None) -> list[bytes]:
        """Return the messages that have come; none after `timeout` seconds, or if the other end is closed."""
        if self._waits:
            self.sock.settimeout(timeout)
        while not self.ended:
            try:
                if _CAN_SEND_FILES:
                    data, fds, flags, _ = socket.recv_fds(self.sock, 1 << 16, 16)
                    self._fds.extend(fds)
                    if flags & socket.MSG_CTRUNC:
                        raise OSError(errno.EMFILE, "too many open files to take over a worker's shared memory")
                else:
                    data = self.sock.recv(1 << 16)
            except (BlockingIOError, TimeoutError):
                break
            except ConnectionResetError:
                data = b""
            if not data:
                self.ended = True
            self._in += data
            if self._waits and self._complete():
                break
        return self._messages()

    def _complete(self) -> bool:
        return len(self._in) >= _LENGTH.size and len(self._in) >= _LENGTH.size + _LENGTH.unpack_from(self._in)[0]

    def _messages(self) -> list[bytes]:
        messages, position = [], 0
        while len(self._in) >= position + _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._in, position)
            end = position + _LENGTH.size + length
            if len(self._in) < end:
                break
            messages.append(bytes(memoryview(self._in)[position + _LENGTH.size : end]))
            position = end
        del self._in[:position]
        return messages

    def take_fd(self) -> int:
        """Return the descriptor of the next message that was sent with one."""
        return self._fds.popleft()

    def close(self, everywhere: bool) -> None:
        """Close this end; `everywhere`: also for other processes that have a copy, so that the other end notices."""
        while self._fds:
            os.close(self._fds.popleft())
        if everywhere:
            with contextlib.suppress(OSError):  # the other end is gone
                self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
