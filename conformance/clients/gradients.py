"""Check gradients through unmodified functions of SciPy, scikit-learn and array-api-extra.

Each function is called on tracked Tensors, and the gradient of a weighted sum of its result is compared with central
differences of the same function on NumPy arrays, along one random direction.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STEP = 1e-6
# The last two are due to the client: it converts its argument to a NumPy array, or returns a Python number.
VERDICTS = ("right", "wrong", "refused", "leaves the namespace", "gives a number")
TOLERANCE = 1e-5  # relative; central differences themselves are accurate to about 1e-9


@dataclass(frozen=True)
class Case:
    """A client's function and its arguments."""

    library: str
    name: str
    function: Callable[..., Any]  # takes only the arrays
    arrays: tuple[np.ndarray[Any, Any], ...]


@dataclass(frozen=True)
class Result:
    """The outcome of a case."""

    case: Case
    verdict: str  # one of VERDICTS
    difference: float  # relative
    reason: str = ""


def cases() -> list[Case]:
    """All cases."""
    from scipy import cluster, differentiate, fft, integrate, interpolate, ndimage, signal, spatial, special, stats
    from sklearn import metrics, preprocessing
    from sklearn.decomposition import PCA
    from sklearn.linear_model import Ridge
    from sklearn.metrics import pairwise

    extra: Any = importlib.import_module("array_api_extra")
    rng = np.random.default_rng(85)
    found: list[Case] = []

    def add(library: str, name: str, function: Callable[..., Any], *arrays: np.ndarray[Any, Any]) -> None:
        found.append(Case(library, name, function, arrays))

    x, y = rng.normal(size=12), rng.normal(size=12) + 0.5
    grid = rng.normal(size=(5, 3))
    positive = rng.uniform(0.5, 2.0, 12)
    reverse = positive[::-1].copy()
    unit = rng.uniform(0.1, 0.9, 12)

    # --- stats ---
    for name in (
        "skew", "kurtosis", "gmean", "hmean", "sem", "variation", "kstat", "kstatvar", "circmean", "circvar", "circstd",
        "entropy", "tmean", "tvar", "tstd", "tsem", "zscore", "gzscore", "differential_entropy", "describe", "gstd",
    ):  # fmt: skip
        add("scipy.stats", name, getattr(stats, name), positive)
    add("scipy.stats", "zmap", stats.zmap, positive, reverse)
    add("scipy.stats", "pmean", lambda a: stats.pmean(a, 2.5), positive)
    add("scipy.stats", "moment", lambda a: stats.moment(a, order=3), positive)
    add("scipy.stats", "lmoment", lambda a: stats.lmoment(a, order=2), positive)
    add("scipy.stats", "trim_mean", lambda a: stats.trim_mean(a, 0.2), positive)
    add("scipy.stats", "boxcox_llf", lambda a: stats.boxcox_llf(0.7, a), positive)
    add("scipy.stats", "boxcox_llf (lambda)", lambda k, a: stats.boxcox_llf(k[0], a), unit[:1], positive)
    add("scipy.stats", "pearsonr (statistic)", lambda a, b: stats.pearsonr(a, b).statistic, x, y)
    add("scipy.stats", "pearsonr (p-value)", lambda a, b: stats.pearsonr(a, b).pvalue, x, y)
    for name in ("ttest_ind", "ttest_rel"):
        for part in ("statistic", "pvalue"):
            add("scipy.stats", f"{name} ({part})", lambda a, b, f=name, p=part: getattr(getattr(stats, f)(a, b), p), x, y)
    for name in ("skewtest", "kurtosistest", "normaltest", "jarque_bera"):
        for part in ("statistic", "pvalue"):
            data = rng.normal(size=30)
            add("scipy.stats", f"{name} ({part})", lambda a, f=name, p=part: getattr(getattr(stats, f)(a), p), data)
    for part in ("statistic", "pvalue"):
        add("scipy.stats", f"ttest_1samp ({part})", lambda a, p=part: getattr(stats.ttest_1samp(a, 0.1), p), x)
        add("scipy.stats", f"bartlett ({part})", lambda a, b, p=part: getattr(stats.bartlett(a, b), p), x, y)
        add("scipy.stats", f"combine_pvalues ({part})", lambda a, p=part: getattr(stats.combine_pvalues(a), p), unit)
        add("scipy.stats", f"chisquare ({part})", lambda a, p=part: getattr(stats.chisquare(a), p), positive)
        add("scipy.stats", f"power_divergence ({part})",
            lambda a, p=part: getattr(stats.power_divergence(a, lambda_=0.5), p), positive)  # fmt: skip
    add("scipy.stats", "directional_stats", lambda a: stats.directional_stats(a).mean_direction, grid)
    add("scipy.stats", "quantile", lambda a: stats.quantile(a, 0.3), x)
    add("scipy.stats", "xp_mean (weights)", lambda a, w: stats._stats_py._xp_mean(a, weights=w), x, positive)

    # --- special ---
    add("scipy.special", "logsumexp", special.logsumexp, x)
    add("scipy.special", "softmax", special.softmax, x)
    add("scipy.special", "log_softmax", special.log_softmax, x)
    for name, arrays in (
        ("gammaln", (positive,)), ("erf", (x,)), ("xlogy", (positive, reverse)), ("betainc", (positive, reverse, unit)),
        ("stdtr", (positive, x)), ("chdtrc", (positive, reverse)), ("gammainc", (positive, reverse)), ("ndtri", (unit,)),
        ("j0", (x,)), ("rel_entr", (unit, unit[::-1].copy())), ("stdtrit", (positive, unit)),
    ):  # fmt: skip
        add("scipy.special", name, getattr(special, name), *arrays)
    add("scipy.special", "multigammaln", lambda a: special.multigammaln(a, 2), positive + 1)

    # --- signal, ndimage, fft ---
    taps = rng.normal(size=4)
    add("scipy.signal", "convolve (direct)", lambda a, b: signal.convolve(a, b, method="direct"), x, taps)
    add("scipy.signal", "convolve (fft)", lambda a, b: signal.convolve(a, b, method="fft"), x, taps)
    add("scipy.signal", "fftconvolve", signal.fftconvolve, x, taps)
    add("scipy.signal", "oaconvolve", signal.oaconvolve, x, taps)
    add("scipy.signal", "detrend", signal.detrend, x)
    add("scipy.signal", "freqz", lambda b, a: signal.freqz(b, a)[1], taps, np.asarray([1.0, -0.4, 0.1]))
    add("scipy.signal", "hilbert", signal.hilbert, x)
    add("scipy.signal", "resample", lambda a: signal.resample(a, 17), x)
    add("scipy.signal", "zoom_fft", lambda a: signal.zoom_fft(a, 0.6, m=7), x)
    add("scipy.signal", "czt", lambda a: signal.czt(a, 7), x)
    add("scipy.signal", "freqs", lambda b, a: signal.freqs(b, a, worN=np.asarray([0.1, 1.0]) if isinstance(b, np.ndarray) else _like(b, [0.1, 1.0]))[1],
        taps, np.asarray([1.0, 0.4, 0.1]))  # fmt: skip
    for name in ("dct", "idct", "dst", "idst", "fft", "rfft", "hfft"):
        add("scipy.fft", name, getattr(fft, name), x)
    add("scipy.fft", "fht", lambda a: fft.fht(a, 0.1, 0.3), x)
    add("scipy.fft", "dctn", fft.dctn, grid)
    add("scipy.ndimage", "vectorized_filter",
        lambda a: ndimage.vectorized_filter(a, _namespace(a).mean, size=3, mode="constant"), x)  # fmt: skip

    # --- integrate, interpolate, differentiate, spatial, cluster ---
    times = np.sort(rng.uniform(size=12))
    add("scipy.integrate", "trapezoid", integrate.trapezoid, x, times)
    add("scipy.integrate", "simpson", lambda a, t: integrate.simpson(a, x=t), x, times)
    add("scipy.integrate", "cumulative_trapezoid", integrate.cumulative_trapezoid, x, times)
    add("scipy.integrate", "cumulative_simpson", lambda a, t: integrate.cumulative_simpson(a, x=t), x, times)
    add("scipy.integrate", "romb", integrate.romb, rng.normal(size=9))
    add(
        "scipy.integrate",
        "tanhsinh",
        lambda a: integrate.tanhsinh(lambda t, a: _namespace(a).sin(a * t), 0 * a, a, args=(a,)).integral,
        positive[:3],
    )
    add(
        "scipy.integrate",
        "tanhsinh (to infinity)",
        lambda a: (
            integrate.tanhsinh(
                lambda t, a: _namespace(a).exp(-a * t**2), _like(a, -np.inf), _like(a, np.inf), args=(a,)
            ).integral
        ),
        positive[:3],
    )
    add(
        "scipy.integrate",
        "nsum (to infinity)",
        lambda a: integrate.nsum(lambda k, a: k ** -(a + 1), _like(a, 1.0), _like(a, np.inf), args=(a,)).sum,
        positive[:3],
    )
    add("scipy.integrate", "fixed_quad", lambda a: integrate.fixed_quad(lambda t: t**2 * 1.0, 0.0, a[0])[0], positive)
    add(
        "scipy.integrate",
        "cubature",
        lambda a: integrate.cubature(lambda t, a: t[:, 0] ** 2 * a, _like(a, [0.0]), _like(a, [1.0]), args=(a[0],)).estimate,
        positive,
    )
    add(
        "scipy.interpolate",
        "BarycentricInterpolator",
        lambda f: interpolate.BarycentricInterpolator(_like(f, np.linspace(-1, 1, 5)), f)(_like(f, [0.1, 0.3])),
        x[:5],
    )
    add("scipy.differentiate", "derivative", lambda a: differentiate.derivative(_namespace(a).sin, a).df, positive[:3])
    add(
        "scipy.spatial",
        "Rotation.apply",
        lambda q, v: spatial.transform.Rotation.from_quat(q).apply(v),
        rng.normal(size=4),
        grid,
    )
    add(
        "scipy.spatial",
        "Rotation.as_matrix",
        lambda v: spatial.transform.Rotation.from_rotvec(v).as_matrix(),
        rng.normal(size=3),
    )
    add(
        "scipy.spatial",
        "Rotation.as_rotvec",
        lambda q: spatial.transform.Rotation.from_quat(q).as_rotvec(),
        rng.normal(size=4),
    )
    add(
        "scipy.spatial",
        "RigidTransform.apply",
        lambda t, v: spatial.transform.RigidTransform.from_translation(t).apply(v),
        rng.normal(size=3),
        grid,
    )
    add("scipy.cluster", "vq.whiten", cluster.vq.whiten, grid)
    add("scipy.cluster", "vq.vq (distances)", lambda a, b: cluster.vq.vq(a, b)[1], grid, grid[:2] + 0.3)

    # --- scikit-learn ---
    other = rng.normal(size=(4, 3))
    for name in ("euclidean_distances", "cosine_similarity", "cosine_distances", "rbf_kernel", "polynomial_kernel",
                 "linear_kernel", "sigmoid_kernel", "laplacian_kernel", "manhattan_distances"):  # fmt: skip
        add("sklearn.metrics", f"pairwise.{name}", getattr(pairwise, name), grid, other)
    for name in ("chi2_kernel", "additive_chi2_kernel"):
        add("sklearn.metrics", f"pairwise.{name}", getattr(pairwise, name), np.abs(grid), np.abs(other))
    for name in ("paired_euclidean_distances", "paired_cosine_distances", "paired_manhattan_distances"):
        add("sklearn.metrics", f"pairwise.{name}", getattr(pairwise, name), grid[:4], other)
    for name in ("mean_squared_error", "mean_absolute_error", "r2_score", "root_mean_squared_error", "explained_variance_score",
                 "max_error", "mean_absolute_percentage_error"):  # fmt: skip
        add("sklearn.metrics", name, getattr(metrics, name), x, y)
    for name in ("mean_squared_error", "mean_absolute_error", "root_mean_squared_error", "r2_score", "explained_variance_score",
                 "mean_absolute_percentage_error"):  # fmt: skip
        add("sklearn.metrics", f"{name} (raw values)",
            lambda a, b, f=name: getattr(metrics, f)(a, b, multioutput="raw_values"), grid[:4], other)  # fmt: skip
    for name in ("mean_squared_log_error", "mean_tweedie_deviance", "mean_gamma_deviance", "mean_poisson_deviance",
                 "root_mean_squared_log_error", "d2_tweedie_score"):  # fmt: skip
        add("sklearn.metrics", name, getattr(metrics, name), positive, reverse)
    add("sklearn.metrics", "mean_pinball_loss", metrics.mean_pinball_loss, x, y)
    add("sklearn.metrics", "log_loss", lambda p: metrics.log_loss(_like(p, [0, 1] * 6, integers=True), p), unit)
    add(
        "sklearn.metrics",
        "brier_score_loss",
        lambda p: metrics.brier_score_loss(_like(p, [0, 1] * 6, integers=True), p),
        unit,
    )
    for name in ("StandardScaler", "MinMaxScaler", "MaxAbsScaler", "Normalizer", "PolynomialFeatures", "KernelCenterer"):
        make = getattr(preprocessing, name)
        data = grid @ grid.T if name == "KernelCenterer" else grid
        add("sklearn.preprocessing", name, lambda a, f=make: f().fit_transform(a), data)
    add("sklearn.preprocessing", "scale", preprocessing.scale, grid)
    add("sklearn.linear_model", "Ridge (svd)", lambda a, b: Ridge(alpha=0.3, solver="svd").fit(a, b).coef_, grid, x[:5])
    add(
        "sklearn.linear_model",
        "Ridge (predict)",
        lambda a, b: Ridge(alpha=0.3, solver="svd").fit(a, b).predict(a),
        grid,
        x[:5],
    )
    add("sklearn.decomposition", "PCA", lambda a: PCA(2, svd_solver="full").fit(a).explained_variance_, grid)
    add("sklearn.decomposition", "PCA (projection)", lambda a: abs(PCA(2, svd_solver="full").fit_transform(a)), grid)
    add("sklearn.decomposition", "PCA (covariance)", lambda a: PCA(2, svd_solver="full").fit(a).get_covariance(), grid)

    # --- array-api-extra ---
    add("array_api_extra", "cov", extra.cov, grid)
    add("array_api_extra", "kron", extra.kron, x[:3], grid)
    add("array_api_extra", "sinc", extra.sinc, x)
    add("array_api_extra", "pad", lambda a: extra.pad(a, 2), x)
    add("array_api_extra", "create_diagonal", extra.create_diagonal, x)
    add("array_api_extra", "atleast_nd", lambda a: extra.atleast_nd(a, ndim=3), x)
    add("array_api_extra", "expand_dims", lambda a: extra.expand_dims(a, axis=(0, 1)), x)
    add("array_api_extra", "apply_where", lambda a: extra.apply_where(a > 0, a, lambda z: z**0.5, lambda z: -z), x)
    add("array_api_extra", "nan_to_num", extra.nan_to_num, x)
    add("array_api_extra", "at.set", lambda a: extra.at(a * 1, a > 0).set(1.5), x)
    add("array_api_extra", "at.add", lambda a: extra.at(a * 1, 2).add(a[0]), x)
    add("array_api_extra", "at.multiply", lambda a: extra.at(a * 1, slice(2, 5)).multiply(a[2:5]), x)
    add("array_api_extra", "lazy_apply", lambda a: extra.lazy_apply(_namespace(a).sin, a, shape=a.shape, dtype=a.dtype), x)
    add("array_api_extra", "partition", lambda a: extra.partition(a, 3)[..., :4].sum(), x)
    return found


def _namespace(a: Any) -> Any:
    return np if isinstance(a, np.ndarray) else a.__array_namespace__()


def _like(a: Any, values: Any, integers: bool = False) -> Any:
    return _namespace(a).asarray(values, dtype=_namespace(a).int64 if integers else a.dtype)


@contextlib.contextmanager
def surroundings() -> Iterator[None]:
    """The settings that clients need: dispatch enabled, float64 as in NumPy, no warnings about constants and few samples."""
    import sklearn

    import arrayad

    if os.environ.get("SCIPY_ARRAY_API") != "1":
        raise RuntimeError("SciPy makes NumPy arrays of all it is given; set SCIPY_ARRAY_API=1 before it is imported")

    usual = arrayad.get_default_dtype()
    arrayad.set_default_dtype(arrayad.float64)
    try:
        with sklearn.config_context(array_api_dispatch=True), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        arrayad.set_default_dtype(usual)


def _floating(out: Any) -> list[Any]:
    """The floating-point arrays of a result, which may be a tuple."""
    parts = list(out) if isinstance(out, (tuple, list)) else [out]
    return [
        p for p in parts if getattr(getattr(p, "dtype", None), "kind", "f" if isinstance(p, float) else "") in ("f", "c")
    ]


def _weighted(parts: list[Any], asarray: Callable[[Any], Any]) -> Any:
    total: Any = 0.0
    for i, part in enumerate(parts):
        w = np.random.default_rng(i).normal(size=np.shape(part) if not hasattr(part, "shape") else tuple(part.shape))
        real = part.real if getattr(getattr(part, "dtype", None), "kind", "f") == "c" else part
        total = total + (real * asarray(w)).sum()
    return total


def _place(frame: traceback.FrameSummary) -> str:
    return f"`{frame.line}` in {Path(frame.filename).name}, line {frame.lineno}"


@contextlib.contextmanager
def _noting_numbers() -> Iterator[list[str]]:
    """Collect the places where tracked tensors become Python numbers, from the warnings."""
    places: list[str] = []
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        yield places
    for word in seen:
        if "was converted to a number" in str(word.message):
            places.append(_place(traceback.FrameSummary(word.filename, word.lineno, "")))


def check(case: Case) -> Result:
    """Compare the gradient of a case with central differences."""
    import arrayad

    directions = [np.random.default_rng(100 + i).normal(size=a.shape) for i, a in enumerate(case.arrays)]

    def moved(step: float) -> float:
        return float(
            _weighted(
                _floating(case.function(*[a + step * d for a, d in zip(case.arrays, directions, strict=True)])), np.asarray
            )
        )

    numeric = (moved(STEP) - moved(-STEP)) / (2 * STEP)
    leaves = [arrayad.asarray(a, copy=True).requires_grad_() for a in case.arrays]
    try:
        with _noting_numbers() as numbers:
            out = case.function(*leaves)
        if isinstance(out, float):
            return Result(case, "gives a number", 0.0, numbers[-1] if numbers else "")
        loss = _weighted(_floating(out), arrayad.asarray)
        if not getattr(loss, "requires_grad", False):
            return Result(case, "wrong", 1.0, "the result has no history")
        gradients = arrayad.autograd.grad(loss, leaves, materialize_grads=True)
    except Exception as error:  # noqa: BLE001  (whatever stops a client is what the table is to say)
        frames = traceback.extract_tb(error.__traceback__)
        leaving = [i for i, frame in enumerate(frames) if frame.name == "__array__"]
        if leaving:
            return Result(case, "leaves the namespace", 0.0, _place(frames[leaving[0] - 1]))
        return Result(case, "refused", 0.0, f"{type(error).__name__}: {str(error).partition(chr(10))[0][:150]}")
    slope = float(sum(np.sum(np.asarray(g) * d) for g, d in zip(gradients, directions, strict=True)))
    difference = abs(slope - numeric) / max(1.0, abs(slope), abs(numeric))
    if difference < TOLERANCE:
        return Result(case, "right", difference)
    if numbers:  # on the way to the result
        return Result(case, "gives a number", 0.0, numbers[-1])
    return Result(case, "wrong", difference)


def results() -> list[Result]:
    """The results of all cases."""
    with surroundings():
        return [check(case) for case in cases()]


def table(found: list[Result]) -> str:
    """The results in Markdown, by library."""
    libraries = list(dict.fromkeys(r.case.library for r in found))
    lines = ["| library | " + " | ".join(VERDICTS) + " |", "|---|" + "---:|" * len(VERDICTS)]
    for library in [*libraries, ""]:
        chosen = [r for r in found if library in (r.case.library, "")]
        counts = " | ".join(str(sum(r.verdict == v for r in chosen)) for v in VERDICTS)
        lines.append(f"| {f'`{library}`' if library else '**all**'} | {counts} |")
    lines += ["", "| function | gradient | difference |", "|---|---|---:|"]
    for r in found:
        what = f"{r.verdict}: {r.reason}" if r.reason else r.verdict
        difference = f"{r.difference:.0e}" if r.verdict in ("right", "wrong") else ""
        lines.append(f"| `{r.case.library}`: {r.case.name} | {what} | {difference} |")
    return "\n".join(lines)
