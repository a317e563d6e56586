"""What a GPU adds; run `python -m pytest tests/test_cuda.py` on a machine with one.

There, `python -m pytest tests --backend=cupy` tests the functions, rules and engine.
"""

from __future__ import annotations

import io
import pickle
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import arrayad as xp

if TYPE_CHECKING:
    from collections.abc import Iterator

if not xp.cuda.is_available():
    pytest.skip("there is no GPU, or no CuPy for it", allow_module_level=True)

cp = pytest.importorskip("cupy")
SEVERAL = pytest.mark.skipif(xp.cuda.device_count() < 2, reason="there is one GPU")


@pytest.fixture(autouse=True)
def default_device() -> Iterator[None]:
    """The CPU as the default device, even under --backend=cupy, and the first GPU as the current one."""
    before = xp.get_default_device()
    xp.set_default_device("cpu")
    xp.cuda.set_device(0)
    yield
    xp.set_default_device(before)


# --- the tutorial ---


def test_the_tutorials_cells() -> None:
    x = xp.FloatTensor([[73, 80, 75], [93, 88, 93]])
    x = x.to(xp.device("cuda"))
    assert type(x) is xp.Tensor
    assert repr(x.device) == "device(type='cuda', index=0)"
    assert repr(x) == "tensor([[73., 80., 75.],\n        [93., 88., 93.]], device='cuda:0')"
    k = xp.full((2, 3), 1, device=xp.device("cuda"))
    assert type(k) is xp.Tensor
    assert repr(k.device) == "device(type='cuda', index=0)"
    x = x.to(xp.device("cpu"))
    assert repr(x.device) == "device(type='cpu')"


def test_autograd_on_the_gpu() -> None:
    x = xp.ones(5, 2, device="cuda", requires_grad=True)
    out = ((x + 10) * (x + 10) * 10).mean()
    assert repr(out) == "tensor(1210., device='cuda:0', grad_fn=<MeanBackward0>)"
    out.backward()
    assert x.grad.device == x.device
    assert x.grad.tolist() == [[22.0, 22.0]] * 5
    y = xp.ones(3, requires_grad=True)
    (y.cuda() ** 2).sum().cpu().backward()
    assert (str(y.grad.device), y.grad.tolist()) == ("cpu", [2.0, 2.0, 2.0])


# --- devices and memory ---


def test_devices() -> None:
    assert xp.cuda.device_count() == len([d for d in xp.__array_namespace_info__().devices() if d.type == "cuda"])
    assert xp.cuda.current_device() == 0
    assert xp.cuda.get_device_name()
    assert str(xp.zeros(1, device="cuda:0").cuda(0).device) == "cuda:0"
    with pytest.raises(RuntimeError, match="is not available"):
        xp.zeros(1, device=f"cuda:{xp.cuda.device_count()}")
    x = xp.ones(2, device="cuda")
    with pytest.raises(RuntimeError, match=r"add\(\): expected all tensors to be on the same device.*cpu and cuda:0"):
        x + xp.ones(2)
    with pytest.raises(TypeError, match=r"\.cpu\(\)"):
        x.numpy()
    assert str(pickle.loads(pickle.dumps(x)).device) == "cuda:0"


@SEVERAL
def test_several_devices() -> None:
    x = xp.asarray([[2.0, 1.0], [1.0, 3.0]], device="cuda:1").requires_grad_()
    out = (xp.linalg.inv(x) @ x.mT).exp()[0, :].sum() + x.to("cuda:0").sum().to("cuda:1")
    assert str(out.device) == "cuda:1"
    out.backward()
    assert str(x.grad.device) == "cuda:1"
    here = x.detach().cpu().requires_grad_()
    ((xp.linalg.inv(here) @ here.mT).exp()[0, :].sum() + here.sum()).backward()
    np.testing.assert_allclose(x.grad.numpy(force=True), here.grad.numpy(), rtol=1e-5)
    with pytest.raises(RuntimeError, match="expected all tensors to be on the same device"):
        x + xp.ones((2, 2), device="cuda:0")
    with xp.cuda.device(1):
        assert xp.cuda.current_device() == 1
        assert str(xp.ones(1, device="cuda").device) == "cuda:1"
    assert xp.cuda.current_device() == 0


@SEVERAL
@pytest.mark.parametrize(
    "view",
    [
        lambda x: x, lambda x: x.mT, lambda x: x[:, ::2], lambda x: x[1:, 1:3], lambda x: xp.flip(x, axis=0),
        lambda x: x[:1].expand(3, 4), lambda x: x[:, 1], lambda x: x[1, 1], lambda x: x[:0],
    ],
)  # fmt: skip
def test_views_move_from_one_gpu_to_another(view: Any) -> None:
    x = xp.arange(12.0, device="cuda:1").reshape(3, 4)
    there = view(x).to("cuda:0")
    assert (str(there.device), there.tolist()) == ("cuda:0", view(x).tolist())
    assert xp.zeros(there.shape, device="cuda:0").copy_(view(x)).tolist() == there.tolist()


@SEVERAL
def test_a_copy_to_another_gpu_is_in_the_order_of_both() -> None:
    """A copy follows the earlier work on the source GPU, whose later writes wait for it; likewise on the target GPU."""
    x = xp.zeros((2048, 2048), device="cuda:1")
    copies = []
    for _ in range(20):
        x += 1
        copies.append(x.mT.to("cuda:0") + 0)
    assert [(c.min().item(), c.max().item()) for c in copies] == [(float(i + 1),) * 2 for i in range(20)]


def test_memory() -> None:
    xp.cuda.empty_cache()
    before = xp.cuda.memory_allocated()
    x = xp.zeros(1 << 20, device="cuda")
    assert xp.cuda.memory_allocated() - before == 4 << 20
    assert xp.cuda.memory_reserved() >= xp.cuda.memory_allocated()
    del x
    assert xp.cuda.memory_allocated() == before


def test_pinned_memory() -> None:
    x = xp.arange(1000.0)
    pinned = x.pin_memory()
    assert (x.is_pinned(), pinned.is_pinned(), pinned[1:].is_pinned()) == (False, True, True)
    assert pinned.pin_memory() is pinned
    assert bool((pinned == x).all())
    there = pinned.to("cuda", non_blocking=True)
    del pinned  # kept alive until the copy is done
    assert there.cpu().tolist() == x.tolist()
    with pytest.raises(RuntimeError, match="only tensors on the CPU"):
        there.pin_memory()


def test_views_and_in_place() -> None:
    x = xp.zeros((3, 4), device="cuda")
    row = x[1, :]
    row += 2
    x[xp.asarray([0, 0], device="cuda"), 0] = 5.0
    x[x > 4] = 7.0
    assert x.cpu().tolist() == [[7, 0, 0, 0], [2, 2, 2, 2], [0, 0, 0, 0]]
    assert (x.mT.stride(), x[1:, 1:].storage_offset(), x.mT.is_contiguous()) == ((1, 4), 5, False)
    with pytest.raises(RuntimeError, match="stands for several"):
        x[:1].expand(3, 4).add_(1)


def test_what_is_done_on_the_host_is_on_the_gpu_again() -> None:
    x = xp.asarray([[0.0, 1.0], [-1.0, 0.0]], device="cuda")
    values = xp.linalg.eigvals(x)
    assert (str(values.device), sorted(v.imag for v in values.tolist())) == ("cuda:0", [-1.0, 1.0])
    assert str(xp.special.ellipe(xp.asarray([0.5], device="cuda")).device) == "cuda:0"


@pytest.mark.parametrize("dtype", [xp.complex64, xp.complex128])
def test_complex_numbers_as_the_standard_has_them(dtype: xp.DType) -> None:
    x = xp.asarray([[complex(np.inf, 1), 2 + 3j], [1j, 2]], dtype=dtype, device="cuda")
    assert xp.mean(x).item() == complex(np.inf, 1.25)
    assert xp.mean(x, axis=1, keepdims=True).tolist() == [[complex(np.inf, 2)], [1 + 0.5j]]
    infinite = xp.asarray([complex(np.inf, np.nan), complex(np.nan, -np.inf)], dtype=dtype, device="cuda")
    assert xp.log(infinite).real.tolist() == [np.inf] * 2
    assert xp.reciprocal(infinite).tolist() == [0j] * 2
    assert xp.tanh(xp.asarray([complex(-np.inf, 1)], dtype=dtype, device="cuda")).tolist() == [-1 + 0j]
    assert xp.expm1(xp.asarray([1e-20 + 1e-20j], dtype=dtype, device="cuda")).real.item() == pytest.approx(1e-20, rel=1e-6)


# --- streams and waiting ---


def test_streams_and_events() -> None:
    side = xp.cuda.Stream()
    assert side != xp.cuda.current_stream() == xp.cuda.default_stream()
    x = xp.ones((512, 512), device="cuda")
    start, end = xp.cuda.Event(enable_timing=True), xp.cuda.Event(enable_timing=True)
    side.wait_stream(xp.cuda.current_stream())
    with xp.cuda.stream(side) as current:
        assert current == side == xp.cuda.current_stream()
        start.record()
        y = x @ x
        end.record()
    assert xp.cuda.current_stream() == xp.cuda.default_stream()
    xp.cuda.current_stream().wait_stream(side)
    assert (y + 1).max().item() == 513.0
    side.synchronize()
    xp.cuda.synchronize()
    assert side.query()
    assert end.query()
    assert start.elapsed_time(end) >= 0
    assert x.to_device("cpu", stream=side).tolist()[0][0] == 1.0


def test_events_that_are_not_recorded() -> None:
    """As PyTorch has it."""
    event, timed = xp.cuda.Event(), xp.cuda.Event(enable_timing=True)
    assert event.query()
    event.synchronize()
    xp.cuda.current_stream().wait_event(event)
    with pytest.raises(RuntimeError, match=r"elapsed_time\(\): both events must be recorded"):
        timed.elapsed_time(timed)
    event.record()
    timed.record()
    for first, last in ((event, timed), (timed, event)):
        with pytest.raises(RuntimeError, match=r"elapsed_time\(\): .*enable_timing=True"):
            first.elapsed_time(last)
    timed.synchronize()
    assert timed.elapsed_time(timed) == 0


@SEVERAL
def test_streams_and_events_of_a_gpu_that_is_not_current() -> None:
    here, there = xp.cuda.Stream(0), xp.cuda.Stream(1)
    with xp.cuda.device(1):
        default = xp.cuda.default_stream()
    for stream in (there, default):
        assert str(stream.device) == "cuda:1"
        for other in (here, there, default, xp.cuda.default_stream()):
            other.wait_stream(stream)
            stream.wait_stream(other)
        assert stream.record_event() is not None
        stream.synchronize()
        assert stream.query()
    assert default != xp.cuda.default_stream()
    with there, there, here, there:
        assert (xp.cuda.current_device(), xp.cuda.current_stream()) == (1, there)
        assert str(xp.ones(1, device="cuda").device) == "cuda:1"
        xp.cuda.set_device(0)
        assert xp.cuda.current_stream() == here
    assert (xp.cuda.current_device(), xp.cuda.current_stream()) == (0, xp.cuda.default_stream())
    with there:
        xp.cuda.set_device(0)
    with xp.cuda.device(1):
        assert xp.cuda.current_stream() == default
    x = xp.arange(6.0, device="cuda:1").reshape(2, 3)
    for stream in (here, there, default):
        out = x.mT.to_device("cuda:0", stream=stream)
        stream.synchronize()
        assert (str(out.device), out.tolist()) == ("cuda:0", x.mT.tolist())
        with stream:  # if it is not current, the order is nevertheless that of the current stream of its own GPU
            assert x[:, ::2].tolist() == [[0.0, 2.0], [3.0, 5.0]]
    first, last = here.record_event(xp.cuda.Event(True)), there.record_event(xp.cuda.Event(True))
    with pytest.raises(RuntimeError, match="the event is on cuda:1, but the stream is on cuda:0"):
        here.record_event(last)
    with pytest.raises(RuntimeError, match="the events are of cuda:0 and cuda:1"):
        first.elapsed_time(last)


def test_a_stream_is_current_in_its_thread_alone() -> None:
    seen: list[Any] = []
    with xp.cuda.Stream() as side:
        thread = threading.Thread(target=lambda: seen.append(xp.cuda.current_stream()))
        thread.start()
        thread.join()
    assert seen[0] != side


def test_a_training_step_waits_for_nothing() -> None:
    """CuPy's own check: a call that would wait for the GPU raises."""
    import cupyx

    xp.cuda.manual_seed(0)
    images, labels = xp.rand(64, 8, device="cuda"), xp.randint(0, 3, (64,), device="cuda")
    weights = [xp.randn(8, 16, device="cuda").requires_grad_(), xp.randn(16, 3, device="cuda").requires_grad_()]

    def step() -> xp.Tensor:
        batch = xp.randperm(64, device="cuda")[:32]
        scores = xp.log_softmax(xp.relu(images[batch] @ weights[0]) @ weights[1], axis=-1)
        loss = -xp.take_along_axis(scores, labels[batch][:, None], axis=1).mean()
        loss.backward()
        with xp.no_grad():
            for w in weights:
                w -= 0.1 * w.grad
                w.grad.zero_()
        return loss.detach()

    step()  # kernels are compiled
    with cupyx.allow_synchronize(False):
        loss = step()
        with pytest.raises(cupyx.DeviceSynchronized):
            loss.item()
    assert loss.item() > 0


# --- random numbers ---


def test_random_numbers() -> None:
    xp.manual_seed(3)
    first = xp.rand(5, device="cuda").tolist()
    xp.manual_seed(3)
    assert xp.rand(5, device="cuda").tolist() == first
    xp.cuda.manual_seed_all(3)
    assert xp.rand(5, device="cuda").tolist() == first
    g = xp.Generator("cuda").manual_seed(3)
    assert xp.rand(5, generator=g).tolist() == first
    state = pickle.loads(pickle.dumps(g.get_state()))
    second = xp.randn(5, generator=g).tolist()
    g.set_state(state)
    assert xp.randn(5, generator=g).tolist() == second
    assert state[1].numel() == 1 << 20  # on every model
    file = io.BytesIO()
    xp.save(state, file)
    file.seek(0)
    g.set_state(xp.load(file))
    assert xp.randn(5, generator=g).tolist() == second
    x = xp.rand(100_000, device="cuda")
    assert 0 <= x.min().item() < x.max().item() < 1
    assert abs(x.mean().item() - 0.5) < 0.01
    assert abs(xp.randn(100_000, device="cuda").std().item() - 1) < 0.02
    assert sorted(xp.randperm(1000, device="cuda").tolist()) == list(range(1000))
    drawn = xp.multinomial(xp.asarray([0.0, 1.0, 3.0], device="cuda"), 10_000, True)
    assert abs(drawn.to(xp.float32).mean().item() - 1.75) < 0.05
    assert set(xp.randint(-2, 2, (1000,), device="cuda").tolist()) == {-2, -1, 0, 1}


@SEVERAL
def test_a_state_of_one_gpu_is_one_of_another() -> None:
    here, there = (xp.Generator(f"cuda:{i}").manual_seed(3) for i in (0, 1))
    assert xp.rand(5, generator=here).tolist() == xp.rand(5, generator=there).tolist()
    xp.randn(7, generator=here)
    for state in (here.get_state(), pickle.loads(pickle.dumps(here.get_state()))):
        there.set_state(state)
        kept = there.get_state()
        following = xp.rand(70_000, generator=there).tolist()
        here.set_state(kept)
        assert xp.rand(70_000, generator=here).tolist() == following
        here.set_state(state)
        assert xp.rand(70_000, generator=here).tolist() == following


# --- other libraries ---


def test_cupy_arrays_share_their_memory() -> None:
    a = cp.arange(3.0)
    x = xp.asarray(a)
    assert str(x.device) == "cuda:0"
    a += 1
    assert x.tolist() == [1.0, 2.0, 3.0]
    b = cp.from_dlpack(x)
    b *= 2
    assert x.tolist() == [2.0, 4.0, 6.0]
    assert xp.from_dlpack(a, device="cpu").tolist() == [2.0, 4.0, 6.0]
    copy = xp.from_dlpack(a, copy=True)
    copy += 1
    assert a.get().tolist() == [2.0, 4.0, 6.0]
    with pytest.raises(BufferError, match="requires a copy"):
        xp.from_dlpack(a, device="cpu", copy=False)
    w, k = xp.ones(3, device="cuda"), xp.ones(3, device="cuda", requires_grad=True)
    assert np.from_dlpack(w, device="cpu").tolist() == [1.0] * 3  # a copy, so nobody shares it
    y = w * k
    w += 1
    y.sum().backward()
    assert k.grad.tolist() == [1.0] * 3


def test_torch_both_ways() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    if not torch.cuda.is_available():
        pytest.skip("this torch has no CUDA")
    t = torch.arange(4.0, device="cuda")
    x = xp.from_dlpack(t)
    t += 1
    assert x.tolist() == [1.0, 2.0, 3.0, 4.0]
    x += 1
    torch.cuda.synchronize()
    assert t.tolist() == [2.0, 3.0, 4.0, 5.0]
    back = torch.from_dlpack(x)
    assert back.data_ptr() == t.data_ptr()
    assert str(back.device) == "cuda:0"


def test_torch_waits_for_the_stream_of_the_tensor() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    if not torch.cuda.is_available():
        pytest.skip("this torch has no CUDA")
    a = xp.ones((2048, 2048), device="cuda")
    xp.cuda.synchronize()
    ours, theirs = xp.cuda.Stream(), torch.cuda.Stream()
    for _ in range(20):
        with ours:
            b = a
            for _ in range(8):
                b = (b @ a) / 2048
            with torch.cuda.stream(theirs):
                total = (torch.from_dlpack(b) + 1).sum()
        assert total.item() == 2 * 2048 * 2048
        with torch.cuda.stream(theirs):
            t = torch.ones(2048, 2048, device="cuda")
            for _ in range(8):
                t = (t @ t) / 2048
            with ours:
                assert (xp.from_dlpack(t) + 1).sum().item() == 2 * 2048 * 2048


# --- the loader ---


def test_loader_brings_batches_to_the_gpu() -> None:
    data = xp.arange(4000.0).reshape(1000, 4)
    for workers in (0, 2):
        loader = xp.utils.data.DataLoader(data, batch_size=100, num_workers=workers, pin_memory=True, device="cuda")
        batches = list(loader)
        assert {str(b.device) for b in batches} == {"cuda:0"}
        assert xp.concat(batches).cpu().tolist() == data.tolist()
    pinned = next(iter(xp.utils.data.DataLoader(data, batch_size=10, pin_memory=True)))
    assert pinned.is_pinned()
