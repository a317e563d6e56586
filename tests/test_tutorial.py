"""The PyTorch tutorial, cell by cell, with `import arrayad as torch`.

Each cell prints what it printed there, with two differences: the name of the library is arrayad, and the error for the mean
of integers names the dtype as arrayad does (int64, where PyTorch says Long). Cells with arbitrary numbers (uninitialized
memory, random numbers, an address) are compared by their form.
"""

from __future__ import annotations

import re

import numpy as np
import pytest

import arrayad as torch


def test_creation() -> None:
    not_initialized = torch.empty(3, 4)
    assert not_initialized.shape == (3, 4)
    assert not_initialized.dtype == torch.float32
    assert repr(not_initialized).startswith("tensor([[")

    random_initialized = torch.rand(3, 4)
    assert re.fullmatch(r"tensor\(\[(\[(0\.\d{4}(, )?){4}\](,\n        )?){3}\]\)", repr(random_initialized))

    zero_initialized = torch.zeros(3, 4)
    assert repr(zero_initialized) == "tensor([[0., 0., 0., 0.],\n        [0., 0., 0., 0.],\n        [0., 0., 0., 0.]])"

    list_initialized = torch.tensor([[1, 2], [3, 4]])
    assert repr(list_initialized) == "tensor([[1, 2],\n        [3, 4]])"

    assert repr(torch.arange(10)) == "tensor([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])"


def test_numpy_shares_memory() -> None:
    x = torch.ones(10)
    assert repr(x) == "tensor([1., 1., 1., 1., 1., 1., 1., 1., 1., 1.])"
    assert repr(type(x)) == "<class 'arrayad.Tensor'>"

    y = x.numpy()
    assert repr(y) == "array([1., 1., 1., 1., 1., 1., 1., 1., 1., 1.], dtype=float32)"
    assert type(y) is np.ndarray

    z = torch.from_numpy(y)
    assert repr(z) == "tensor([1., 1., 1., 1., 1., 1., 1., 1., 1., 1.])"

    twos = "tensor([2., 2., 2., 2., 2., 2., 2., 2., 2., 2.])"
    assert repr(x.add_(1)) == twos
    assert repr(x) == twos
    assert repr(y) == "array([2., 2., 2., 2., 2., 2., 2., 2., 2., 2.], dtype=float32)"
    assert repr(z) == twos


def test_properties() -> None:
    list_initialized = torch.tensor([[1, 2], [3, 4]])
    assert repr((list_initialized.shape, list_initialized.ndim)) == "(arrayad.Size([2, 2]), 2)"
    assert repr(list_initialized.size()) == "arrayad.Size([2, 2])"


def test_reshape_and_view(capsys: pytest.CaptureFixture[str]) -> None:
    list_initialized = torch.tensor([[1, 2], [3, 4]])
    assert repr(list_initialized.t()) == "tensor([[1, 3],\n        [2, 4]])"
    print(list_initialized.reshape(-1, 1))
    print(list_initialized.view(-1, 1))
    column = "tensor([[1],\n        [2],\n        [3],\n        [4]])\n"
    assert capsys.readouterr().out == column + column
    assert repr(list_initialized.t().reshape(-1, 1)) == "tensor([[1],\n        [3],\n        [2],\n        [4]])"
    with pytest.raises(RuntimeError, match="not compatible"):
        list_initialized.t().view(-1, 1)  # Error!


def _operands() -> tuple[torch.Tensor, torch.Tensor]:
    return torch.arange(1, 11).reshape(2, 5), torch.arange(1, 20, step=2).reshape(2, 5)


def test_arithmetic() -> None:
    x, y = _operands()
    assert repr((x, y)) == (
        "(tensor([[ 1,  2,  3,  4,  5],\n        [ 6,  7,  8,  9, 10]]), "
        "tensor([[ 1,  3,  5,  7,  9],\n        [11, 13, 15, 17, 19]]))"
    )
    total = "tensor([[ 2,  5,  8, 11, 14],\n        [17, 20, 23, 26, 29]])"
    assert repr((x + y, torch.add(x, y))) == f"({total}, {total})"
    difference = "tensor([[ 0, -1, -2, -3, -4],\n        [-5, -6, -7, -8, -9]])"
    assert repr((x - y, torch.sub(x, y))) == f"({difference}, {difference})"
    assert repr(x * y) == "tensor([[  1,   6,  15,  28,  45],\n        [ 66,  91, 120, 153, 190]])"
    assert repr(y % x) == "tensor([[0, 1, 2, 3, 4],\n        [5, 6, 7, 8, 9]])"
    assert repr(x.matmul(y.reshape(5, 2))) == "tensor([[175, 205],\n        [400, 480]])"


def test_in_place_and_out_of_place(capsys: pytest.CaptureFixture[str]) -> None:
    x, _ = _operands()
    before = "tensor([[ 1,  2,  3,  4,  5],\n        [ 6,  7,  8,  9, 10]])"
    after = "tensor([[ 4,  5,  6,  7,  8],\n        [ 9, 10, 11, 12, 13]])"
    assert repr(x.add(3)) == after
    assert repr(x) == before
    assert repr(x.add_(3)) == after
    assert repr(x) == after

    z = x.numpy()
    x = x.add(3)
    print("x:", x)
    print("z:", z)
    print("========================")
    x.add_(3)
    print("x:", x)
    print("z:", z)
    assert capsys.readouterr().out == (
        "x: tensor([[ 7,  8,  9, 10, 11],\n        [12, 13, 14, 15, 16]])\n"
        "z: [[ 4  5  6  7  8]\n [ 9 10 11 12 13]]\n"
        "========================\n"
        "x: tensor([[10, 11, 12, 13, 14],\n        [15, 16, 17, 18, 19]])\n"
        "z: [[ 4  5  6  7  8]\n [ 9 10 11 12 13]]\n"
    )
    assert repr(x[0, 3]) == "tensor(13)"
    assert repr(x[:, 1:4]) == "tensor([[11, 12, 13],\n        [16, 17, 18]])"


def test_aggregation(capsys: pytest.CaptureFixture[str]) -> None:
    x = torch.arange(10, 20).reshape(2, 5)
    assert repr(x.sum()) == "tensor(145)"
    columns = "tensor([25, 27, 29, 31, 33])"
    assert repr((x.sum(dim=0), x.sum(axis=0))) == f"({columns}, {columns})"
    rows = "tensor([60, 85])"
    assert repr((x.sum(dim=1), x.sum(axis=1))) == f"({rows}, {rows})"
    assert repr((x.dtype, x)) == "(arrayad.int64, tensor([[10, 11, 12, 13, 14],\n        [15, 16, 17, 18, 19]]))"
    try:
        print(x.mean(dim=0))
    except Exception as exc:  # noqa: BLE001  (the tutorial's own words)
        print(exc)
    assert capsys.readouterr().out == (
        "mean(): input dtype should be either floating point or complex dtypes. Got int64 instead.\n"
    )
    x = x.float()
    assert repr(x) == "tensor([[10., 11., 12., 13., 14.],\n        [15., 16., 17., 18., 19.]])"
    assert repr((x.mean(), x.mean(dim=0))) == ("(tensor(14.5000), tensor([12.5000, 13.5000, 14.5000, 15.5000, 16.5000]))")


def test_broadcasting(capsys: pytest.CaptureFixture[str]) -> None:
    x = torch.arange(1, 11).reshape(1, -1)
    y = torch.arange(1, 20, step=2).reshape(-1, 1)
    print(x)
    print(y)
    assert capsys.readouterr().out == (
        "tensor([[ 1,  2,  3,  4,  5,  6,  7,  8,  9, 10]])\n"
        "tensor([[ 1],\n        [ 3],\n        [ 5],\n        [ 7],\n        [ 9],\n"
        "        [11],\n        [13],\n        [15],\n        [17],\n        [19]])\n"
    )
    rows = [", ".join(f"{n:2d}" for n in range(start, start + 10)) for start in range(2, 22, 2)]
    assert repr(x + y) == "tensor([[" + "],\n        [".join(rows) + "]])"


def _block(row: str, tail: str = "") -> str:
    return "tensor([[" + "],\n        [".join([row] * 5) + f"]]{tail})"


def test_autograd(capsys: pytest.CaptureFixture[str]) -> None:
    x = torch.ones(5, 2, requires_grad=True)
    assert repr(x) == _block("1., 1.", ", requires_grad=True")
    y = x + 10
    assert repr(y) == _block("11., 11.", ", grad_fn=<AddBackward0>")
    assert re.fullmatch(r"<AddBackward0 at 0x[0-9a-f]+>", repr(y.grad_fn))
    z = y * y * 10
    assert repr(z) == _block("1210., 1210.", ", grad_fn=<MulBackward0>")
    out = z.mean()
    assert repr(out) == "tensor(1210., grad_fn=<MeanBackward0>)"
    assert out.backward() is None
    print(x.grad)
    print(x)
    assert capsys.readouterr().out == _block("22., 22.") + "\n" + _block("1., 1.", ", requires_grad=True") + "\n"


def test_vector_jacobian_product() -> None:
    x = torch.ones(5, 2, requires_grad=True)
    y = x + 10
    z = y * y * 10
    out = z.mean(axis=1)
    assert repr(out) == "tensor([1210., 1210., 1210., 1210., 1210.], grad_fn=<MeanBackward0>)"
    out.backward(torch.tensor([1.0, 3.0, 1.0, 1.0, 1.0]))
    assert repr(x.grad) == (
        "tensor([[110., 110.],\n        [330., 330.],\n        [110., 110.],\n        [110., 110.],\n        [110., 110.]])"
    )


def test_data_loader(capsys: pytest.CaptureFixture[str]) -> None:
    x = [[73, 80, 75], [93, 88, 93], [89, 91, 90], [96, 98, 100], [73, 66, 70]]
    x = torch.FloatTensor(x)
    assert repr(x) == (
        "tensor([[ 73.,  80.,  75.],\n        [ 93.,  88.,  93.],\n        [ 89.,  91.,  90.],\n"
        "        [ 96.,  98., 100.],\n        [ 73.,  66.,  70.]])"
    )
    data_loader = torch.utils.data.DataLoader(x, batch_size=2, shuffle=True, num_workers=0)
    epochs = 2
    for _ in range(epochs):
        seen = []
        for step, batch in enumerate(data_loader):
            print(step, batch)
            assert batch.shape == ((2, 3) if step < 2 else (1, 3))
            seen += batch.tolist()
        assert sorted(seen) == sorted(x.tolist())
    assert capsys.readouterr().out.count("tensor") == 6


def test_cuda() -> None:
    x = torch.ones(2)
    if torch.cuda.is_available():  # without a GPU the tutorial's cells do nothing
        x = x.to(torch.device("cuda"))
        assert str(x.device) == "cuda:0"
        k = torch.full((2, 3), 1, device=torch.device("cuda"))
        assert str(k.device) == "cuda:0"
        x = x.to(torch.device("cpu"))
    assert str(x.device) == "cpu"
