"""Pickles, copies, the buffer protocol and files."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import arrayad as xp

if TYPE_CHECKING:
    from pathlib import Path

ALL = ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64",
       "complex64", "complex128"]  # fmt: skip


def same(a: xp.Tensor, b: xp.Tensor) -> None:
    assert a.dtype is b.dtype
    assert a.shape == b.shape
    assert a.requires_grad == b.requires_grad
    np.testing.assert_array_equal(a.numpy(force=True), b.numpy(force=True))


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("dtype", ALL)
def test_pickle(dtype: str, protocol: int) -> None:
    for shape in ((), (0, 3), (2, 3)):
        x = xp.ones(shape, dtype=getattr(xp, dtype))
        same(pickle.loads(pickle.dumps(x, protocol)), x)
        same(copy.deepcopy(x), x)
        same(copy.copy(x), x)
    same(pickle.loads(pickle.dumps(x.T, protocol)), x.T)


def test_pickle_out_of_band_copies_nothing() -> None:
    x = xp.asarray(np.arange(1000.0)).requires_grad_()
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(x, protocol=5, buffer_callback=buffers.append)
    assert len(data) < 500
    y = pickle.loads(data, buffers=buffers)
    same(x, y)
    assert np.shares_memory(x.numpy(force=True), y.numpy(force=True))


def test_a_graph_is_not_pickled_or_copied_deeply() -> None:
    y = xp.ones(2, requires_grad=True) * 2
    for function in (pickle.dumps, copy.deepcopy):
        with pytest.raises(RuntimeError, match=r"detach\(\)"):
            function(y)
    assert copy.copy(y).grad_fn is not None


def test_deepcopy_has_memory_and_gradient_of_its_own() -> None:
    x = xp.ones(2, requires_grad=True)
    (x * x).sum().backward()
    y, again = copy.deepcopy([x, x])
    assert y is again
    assert copy.deepcopy(xp.ones(2, 3).mT).stride() == (1, 3)
    same(y, x)
    same(y.grad, x.grad)
    with xp.no_grad():
        y += 1
        y.grad += 1
    assert x.tolist() == [1.0, 1.0]
    assert x.grad.tolist() == [2.0, 2.0]


def test_buffer() -> None:
    x = xp.asarray([[1.0, 2.0], [3.0, 4.0]])
    view = x.__buffer__(0) if sys.version_info < (3, 12) else memoryview(x)  # type: ignore[arg-type]  # a buffer from 3.12 on
    assert (view.shape, view.format) == ((2, 2), "f")
    view[0, 0] = 5.0
    assert x[0, 0].item() == 5.0
    with pytest.raises(BufferError, match="detach"):
        xp.ones(2, requires_grad=True).__buffer__(0)


def test_a_buffer_that_was_given_back_is_shared_no_longer() -> None:
    # The methods themselves, which Python calls from 3.12 on.
    x, w = xp.ones(2), xp.ones(2, requires_grad=True)
    buffers = [x.__buffer__(0), x.__buffer__(0)]
    x.__release_buffer__(buffers.pop())
    y = (w * x).sum()
    x += 1
    assert buffers[0][0] == 2.0  # its memory must not move meanwhile
    x.__release_buffer__(buffers.pop())
    with pytest.raises(RuntimeError, match="shared with another library"):
        y.backward()
    z = xp.ones(2)
    z.__release_buffer__(z.__buffer__(0))
    y = (w * z).sum()
    z += 1
    y.backward()
    assert w.grad.tolist() == [1.0, 1.0]
    z.__buffer__(0)
    a = z.numpy()  # for good
    z.__release_buffer__(z.__buffer__(0))
    y = (w * z).sum()
    z += 1
    assert a.tolist() == [3.0, 3.0]
    with pytest.raises(RuntimeError, match="shared with another library"):
        y.backward()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python asks classes for buffers from 3.12 on")
def test_a_buffer_that_could_not_be_had_is_not_lent() -> None:
    x, w = xp.ones(2, 3), xp.ones(2, 3, requires_grad=True)
    with pytest.raises(BufferError):
        hashlib.sha1(x.T)  # it requires contiguous memory
    y = (w * x).sum()
    x += 1
    y.backward()
    assert (w.grad == 1).all()


# --- files ---

safetensors = pytest.importorskip("safetensors.numpy", reason="save() and load() need safetensors")


def test_nested_containers(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    tensors = {dtype: xp.ones(2, 3, dtype=getattr(xp, dtype)) for dtype in ALL}
    state: dict[str, Any] = {
        "tensors": tensors,
        "layers": [xp.asarray([1 + 2j, 3]), (xp.ones(0, 2), xp.asarray(3.0)), {"weight": xp.ones(2, requires_grad=True)}],
        "view": xp.reshape(xp.arange(6), (2, 3)).T,
        "epoch": 3,
        "rate": 0.1,
        "best": float("inf"),
        "name": "net",
        "nothing": None,
        "empty": [],
        "done": True,
        "steps": {0: {"0": 5}, "0": 7},
        "pole": 1 - 2j,
    }
    xp.save(state, path)
    found = xp.load(path)
    assert list(found) == list(state)
    for dtype, x in tensors.items():
        same(found["tensors"][dtype], x)
    same(found["layers"][0], state["layers"][0])
    assert isinstance(found["layers"][1], tuple)
    same(found["layers"][1][1], xp.asarray(3.0))
    assert found["layers"][2]["weight"].requires_grad
    same(found["view"], state["view"])
    for key in ("epoch", "rate", "best", "name", "nothing", "empty", "done", "steps", "pole"):
        assert found[key] == state[key]
        assert type(found[key]) is type(state[key])
    xp.save([np.float32(0.5), np.int64(2), np.bool(True), np.complex64(1j)], tmp_path / "numbers")
    assert xp.load(tmp_path / "numbers") == [0.5, 2, True, 1j]
    found["view"] += 1  # loaded tensors are writable
    x = xp.ones(3)
    xp.save(x, path)
    same(xp.load(path), x)


def test_a_tensor_in_several_places_is_one_again(tmp_path: Path) -> None:
    w = xp.ones(2, requires_grad=True)
    xp.save({"embedding": w, "head": [w, w.detach()]}, tmp_path / "tied")
    loaded = xp.load(tmp_path / "tied")
    tied, other = loaded["head"]
    assert tied is loaded["embedding"]
    assert tied is not other
    assert (tied.requires_grad, other.requires_grad) == (True, False)


def test_an_open_file(tmp_path: Path) -> None:
    given = {"w": xp.ones(2, 3), "epoch": 3}
    for file in (io.BytesIO(b"header "), (tmp_path / "x").open("w+b")):
        with file:
            start = file.seek(0, io.SEEK_END)
            xp.save(given, file)
            file.seek(start)
            found = xp.load(file)
            same(found["w"], given["w"])
            assert found["epoch"] == 3
            file.seek(start + 1)
            with pytest.raises(ValueError, match=r"load\(\): <_io\.Bu?.*> is not a safetensors file"):
                xp.load(file)


@pytest.mark.parametrize("base", [io.RawIOBase, object])
def test_an_open_file_that_takes_a_part_at_a_time(base: type) -> None:
    written = bytearray()

    class Raw(base):  # type: ignore[misc]  # a class that is chosen
        def write(self, data: Any) -> int:
            part = data[: min(1000, 3000 - len(written))] if full else data[:1000]
            written.extend(part)
            return len(part)

    full = False
    xp.save(xp.ones(1000), Raw())
    same(xp.load(io.BytesIO(written)), xp.ones(1000))
    full = True
    written.clear()
    with pytest.raises(BlockingIOError, match=r"save\(\): the file is non-blocking"):
        xp.save(xp.ones(1000), Raw())


def test_an_open_file_that_does_not_say_how_much_it_took() -> None:
    parts: list[bytes] = []
    xp.save(xp.ones(1000), SimpleNamespace(write=lambda data: parts.append(bytes(data))))  # type: ignore[arg-type]  # enough
    same(xp.load(io.BytesIO(b"".join(parts))), xp.ones(1000))


@pytest.mark.parametrize("file", [None, 3, io.StringIO()])
def test_what_is_no_file(file: Any) -> None:
    for name, call in (("save", lambda: xp.save(xp.ones(1), file)), ("load", lambda: xp.load(file))):
        with pytest.raises(
            TypeError, match=rf"{name}\(\): the file must be a path or a binary file, not {type(file).__name__}"
        ):
            call()


def test_saved_by_several_threads(tmp_path: Path) -> None:
    path = tmp_path / "same"
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda k: xp.save(xp.ones(100) * k, path), range(40)))
    assert len(set(xp.load(path).tolist())) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_the_mode_of_a_file_and_what_a_link_leads_to(tmp_path: Path) -> None:
    path, plain, link = tmp_path / "new", tmp_path / "plain", tmp_path / "link"
    plain.write_bytes(b"")
    xp.save(xp.ones(1), path)
    assert path.stat().st_mode == plain.stat().st_mode
    path.chmod(0o640)
    link.symlink_to(path)
    xp.save(xp.zeros(2), link)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert xp.load(path).tolist() == [0.0, 0.0]


def test_what_a_named_pipe_reads(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as reader:
        read = reader.submit(pipe.read_bytes)
        xp.save(xp.ones(3), pipe)
        assert xp.load(io.BytesIO(read.result(10))).tolist() == [1.0, 1.0, 1.0]


def test_a_complex_tensor_is_no_view() -> None:
    file = io.BytesIO()
    xp.save(xp.asarray([1 + 2j, 3j], dtype=xp.complex128).requires_grad_(), file)
    file.seek(0)
    loaded = xp.load(file)
    assert loaded._base is None
    assert (loaded.dtype, loaded.requires_grad, loaded.tolist()) == (xp.complex128, True, [1 + 2j, 3j])


@pytest.mark.parametrize(
    "text",
    [
        "[1]", "{", '{"tensor": "nope"}', '{"tensor": "w"}', '{"list": 3}', '{"value": {"x": [1]}}', "{}", '{"number": [1, 2, 3]}',
        '{"tensor": "n", "complex": true, "requires_grad": false}', '{"tensor": "x", "complex": true, "requires_grad": false}',
        '{"tensor": "n", "complex": false, "requires_grad": true}',
        '{"list": [' * 3000 + "]}" * 3000,
    ],
)  # fmt: skip
def test_damaged_descriptions(text: str) -> None:
    file = io.BytesIO(safetensors.save({"w": np.ones(2), "n": np.arange(2), "x": np.ones(4)}, metadata={"arrayad": text}))
    with pytest.raises(ValueError, match=r"load\(\): what .* says of how its tensors are nested is damaged"):
        xp.load(file)


def test_a_device_that_there_is_not_is_no_damage() -> None:
    file = io.BytesIO()
    xp.save(xp.ones(1), file)
    file.seek(0)
    with pytest.raises(RuntimeError, match=r"load\(\): .*nowhere"):
        xp.load(file, device="nowhere")


def test_places_with_one_name(tmp_path: Path) -> None:
    given = {"a.b": xp.ones(1), "a": {"b": xp.zeros(1)}, "a.b_": xp.full((1,), 2.0), "__metadata__": xp.full((1,), 3.0)}
    xp.save(given, tmp_path / "x")
    found = xp.load(tmp_path / "x")
    assert [x.tolist() for x in (found["a.b"], found["a"]["b"], found["a.b_"], found["__metadata__"])] == [
        [1],
        [0],
        [2],
        [3],
    ]


def test_generators_are_copied_and_pickled_where_they_are() -> None:
    g = xp.Generator().manual_seed(3)
    xp.rand(2, generator=g)
    copies = [copy.deepcopy(g), pickle.loads(pickle.dumps(g))]
    expected = xp.rand(3, generator=g).tolist()
    for h in copies:
        assert (xp.rand(3, generator=h).tolist(), h.initial_seed()) == (expected, 3)


def test_states_of_random_numbers_are_saved(tmp_path: Path) -> None:
    xp.save(xp.random.get_state(), tmp_path / "state")
    expected = xp.rand(3).tolist()
    xp.random.set_state(xp.load(tmp_path / "state"))
    assert xp.rand(3).tolist() == expected


def test_the_state_of_random_numbers_that_were_not_used_yet() -> None:
    code = (
        "import arrayad as xp\n"
        "state = xp.random.get_state()\n"
        "x = xp.rand(3)\n"
        "xp.random.set_state(state)\n"
        "print((x == xp.rand(3)).all())"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "tensor(True)\n"
    )


def test_files_of_other_programs(tmp_path: Path) -> None:
    path = tmp_path / "theirs.safetensors"
    safetensors.save_file({"w": np.ones((2, 2), np.float32)}, path, metadata={"format": "pt"})
    same(xp.load(path)["w"], xp.ones(2, 2))
    xp.save({"a": {"b": xp.ones(2)}}, path)
    assert list(safetensors.load_file(path)) == ["a.b"]


def _written(path: Path, **tensors: tuple[str, list[int], bytes]) -> Path:
    """A safetensors file, made by hand: 8 bytes of length, JSON, the data one after the other."""
    header, data = {}, b""
    for name, (dtype, shape, raw) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def test_half_precision_of_other_programs(tmp_path: Path) -> None:
    values = np.asarray([[1.5, -2.0, np.inf], [0.0, 3.140625, 2.0**-130]], np.float32)
    upper = (values.view("<u4") >> 16).astype("<u2").tobytes()
    path = _written(tmp_path / "x.safetensors", b=("BF16", [2, 3], upper), f=("F32", [1], np.float32(7).tobytes()))
    loaded = xp.load(path)
    assert list(loaded) == ["b", "f"]
    same(loaded["b"], xp.asarray(values))
    same(loaded["f"], xp.asarray([7.0], dtype=xp.float32))
    path = _written(tmp_path / "y.safetensors", e=("F8_E4M3", [2], b"ab"))
    with pytest.raises(ValueError, match=r"load\(\): .* has e of dtype F8_E4M3"):
        xp.load(path)


def test_a_place_where_nothing_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"save\(\): .*missing"):
        xp.save(xp.ones(2), tmp_path / "missing" / "x.safetensors")


def test_what_is_refused_changes_no_file(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    xp.save(xp.ones(2), path)
    before = path.read_bytes()
    for obj, kind, words in (
        ({"w": xp.ones(2, requires_grad=True) * 2}, RuntimeError, r"save\(\): w was computed.*detach"),
        ({"w": [object()]}, TypeError, r"save\(\): w\.0 must be.*object"),
        ({1.5: xp.ones(2)}, TypeError, "keys must be strings or integers, got 1.5 in the outermost dict"),
    ):
        with pytest.raises(kind, match=words):
            xp.save(obj, path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["x.safetensors"]
    with pytest.raises(FileNotFoundError, match="load"):
        xp.load(tmp_path / "no")
    path.write_bytes(pickle.dumps(print))  # pickles are not read
    with pytest.raises(ValueError, match="is not a safetensors file"):
        xp.load(path)


def test_without_safetensors() -> None:
    code = """if True:
        import sys
        sys.modules["safetensors"] = None
        import arrayad as xp
        for call in (lambda: xp.save(xp.ones(1), "x"), lambda: xp.load("x")):
            try:
                call()
            except ImportError as error:
                print(error)
    """
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.splitlines() == [
        f"{name}() needs safetensors, which is not installed: pip install safetensors" for name in ("save", "load")
    ]
