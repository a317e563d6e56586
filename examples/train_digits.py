"""Train a small network on handwritten digits.

    python examples/train_digits.py [--epochs 30] [--device cpu] [--output digits.png]

The data are scikit-learn's bundled 8x8 images of digits, a fifth of them held out. Each epoch prints the loss and the
accuracy on the held-out digits; at the end, a picture of the loss curve and of some digits with their predictions is
written.
"""

from __future__ import annotations

import argparse
import math

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tqdm import tqdm

import arrayad as xp
from arrayad.utils.data import DataLoader, TensorDataset


def dense(inputs: int, outputs: int, device: str) -> tuple[xp.Tensor, xp.Tensor]:
    """The weights of a layer, scaled for rectified inputs (He et al. 2015), and its biases."""
    weights = xp.randn(inputs, outputs, device=device) * math.sqrt(2 / inputs)
    return weights.requires_grad_(), xp.zeros(outputs, device=device, requires_grad=True)


def network(x: xp.Tensor, layers: list[tuple[xp.Tensor, xp.Tensor]]) -> xp.Tensor:
    """The scores of the ten classes."""
    for weights, biases in layers[:-1]:
        x = xp.maximum(x @ weights + biases, 0)
    weights, biases = layers[-1]
    return x @ weights + biases


def cross_entropy(scores: xp.Tensor, labels: xp.Tensor) -> xp.Tensor:
    """Mean of the negative logarithm of the probability of each label."""
    shifted = scores - scores.detach().max(axis=1, keepdims=True)
    log_sum = xp.log(xp.exp(shifted).sum(axis=1))
    return (log_sum - xp.take_along_axis(shifted, labels[:, None], axis=1)[:, 0]).mean()


def accuracy(scores: xp.Tensor, labels: xp.Tensor) -> float:
    """The share of samples whose label has the highest score."""
    return (scores.argmax(axis=1) == labels).float().mean().item()


def picture(losses: list[float], images: xp.Tensor, guesses: xp.Tensor, labels: xp.Tensor, path: str) -> None:
    """The loss curve above, and twenty digits with their predictions below."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure = pyplot.figure(figsize=(10, 6.5), layout="constrained")
    grid = figure.add_gridspec(3, 10, height_ratios=(2.2, 1, 1))
    curve = figure.add_subplot(grid[0, :])
    curve.plot(losses, linewidth=1)
    curve.set(xlabel="step", ylabel="training loss", yscale="log", title="Training on handwritten digits")
    curve.grid(alpha=0.3)
    for i in range(20):
        axes = figure.add_subplot(grid[1 + i // 10, i % 10])
        axes.imshow(images[i].reshape(8, 8).numpy(), cmap="gray_r")
        right = bool(guesses[i] == labels[i])
        axes.set_title(f"{guesses[i].item()}", color="black" if right else "crimson", fontsize=11)
        axes.axis("off")
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def main() -> float:
    """Train, report and draw; return the accuracy on the held-out digits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--output", default="digits.png")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    xp.manual_seed(options.seed)
    data, target = load_digits(return_X_y=True)
    split = train_test_split(data / 16, target, test_size=0.2, random_state=options.seed, stratify=target)
    images, held_images = (xp.asarray(x, dtype=xp.float32, device=options.device) for x in split[:2])
    labels, held_labels = (xp.asarray(x, dtype=xp.int64, device=options.device) for x in split[2:])
    loader = DataLoader(TensorDataset(images, labels), batch_size=options.batch_size, shuffle=True)

    layers = [dense(64, 64, options.device), dense(64, 10, options.device)]
    parameters = [parameter for layer in layers for parameter in layer]
    losses: list[float] = []
    score = 0.0
    with tqdm(total=options.epochs * len(loader), unit="step") as progress:
        for epoch in range(1, options.epochs + 1):
            for batch, batch_labels in loader:
                loss = cross_entropy(network(batch, layers), batch_labels)
                loss.backward()
                with xp.no_grad():
                    for parameter in parameters:
                        parameter -= options.learning_rate * parameter.grad
                        parameter.grad = None
                losses.append(loss.item())
                progress.update()
            with xp.no_grad():
                scores = network(held_images, layers)
                held_loss, score = cross_entropy(scores, held_labels).item(), accuracy(scores, held_labels)
            report = f"epoch {epoch:2d}: loss {held_loss:.4f}, accuracy {score:.1%}"
            progress.write(f"{report} on {len(held_labels)} held-out digits")

    picture(losses, held_images.cpu(), scores.argmax(axis=1).cpu(), held_labels.cpu(), options.output)
    print(f"accuracy on held-out digits: {score:.2%}; picture: {options.output}")
    return score


if __name__ == "__main__":
    main()
