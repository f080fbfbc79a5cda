"""Dose and response: at which size, or ratio, is half of the effect there?

The response is a logistic curve in the dose (the ratio, or the logarithm of the size), scaled so
that it goes from the level at the lowest dose to the level at the highest one measured. *Half
effect* is the dose where it is halfway between those two: a statement about what was measured, not
about where a curve might end beyond it. For a curve that has levelled off at both ends it is the
usual ED50.

For each steepness and half-effect dose the best two levels are a linear regression, so the whole
likelihood is computed on a grid, and nothing is started from a guess that may go astray. The
interval is the profile likelihood's: every dose that an F test does not reject against the best one
(Bates and Watts 1988, section 6.1). It is the question set that was asked that it speaks of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from .study import Study

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_STEEPNESS_GRID = (0.3, 80.0, 72)
_DOSE_POINTS = 401
_ITERATIONS = 3


@attrs.frozen(kw_only=True)
class HalfEffect:
    """The dose of half effect.

    Args:
        dose: Where the best curve is halfway.
        low: Low end of the 95 % interval, as `high`.
        open_low: Whether the interval reaches the lowest dose: it may be lower still.
        open_high: Whether it reaches the highest dose.
        bottom: The level of the best curve at the lowest dose, as `top` at the highest.
        steepness: Of the best curve, per range of doses.
    """

    dose: float
    low: float
    high: float
    open_low: bool
    open_high: bool
    bottom: float
    top: float
    steepness: float


def fit_half_effect(
    study: Study, doses: Sequence[float], *, zero_dose: int | None = None, df: float | None = None
) -> HalfEffect:
    """Fit the curve to the means of a study.

    Args:
        study: Its conditions in any order.
        doses: A dose for each condition, at least three different ones; that of `none` is not
            looked at.
        none: Which condition got no dose at all, so that it lies infinitely far below on the scale
            of doses (the untrained model, where doses are logarithms of sizes).
        df: Degrees of freedom of the errors; None: the study's, less two for the curve's shape.
    """
    import numpy as np
    from scipy.special import fdtri

    at = np.asarray(doses, dtype=float)
    real = np.array([index != zero_dose for index in range(len(at))])
    low, high = at[real].min(), at[real].max()
    place = np.where(real, (at - low) / (high - low), -np.inf)
    steepness = np.geomspace(*_STEEPNESS_GRID)
    half = np.linspace(0, 1, _DOSE_POINTS)
    shape = _logistic_curves(place, steepness, half, anchored=zero_dose is None)
    fitted = None
    for _ in range(_ITERATIONS):
        misfit, levels = _least_squares(study, shape, fitted)
        best = np.unravel_index(int(np.argmin(misfit)), misfit.shape)
        bottom, top = levels[best]
        fitted = bottom + (top - bottom) * shape[best]
    profile = misfit.min(axis=0)
    limit = float(fdtri(1, df or max(study.min_df - 2, 1), study.level))
    inside = np.flatnonzero(profile - misfit[best] <= limit)
    ends = low + (high - low) * half[[best[1], inside[0], inside[-1]]]
    found = np.flatnonzero(np.isfinite(profile))
    return HalfEffect(
        dose=float(ends[0]),
        low=float(ends[1]),
        high=float(ends[2]),
        open_low=bool(inside[0] <= found[0]),
        open_high=bool(inside[-1] >= found[-1]),
        bottom=float(bottom),
        top=float(top),
        steepness=float(steepness[best[0]]),
    )


def _logistic_curves(
    place: NDArray[np.float64],
    steepness: NDArray[np.float64],
    half: NDArray[np.float64],
    *,
    anchored: bool,
) -> NDArray[np.float64]:
    """Curves from 0 to 1 that are 1/2 at `half`; steepness × half × doses. NaN where no logistic
    curve of that steepness has its half there.

    With values 1 / (1 + M·exp(-k·x)), those at the lowest dose, the half and the highest give M in
    closed form; where the lowest dose is infinitely far below, its value is 0.
    """
    import numpy as np

    k, h = steepness[:, None], half[None, :]
    first = np.ones_like(k)
    last, middle = np.exp(-k), np.exp(-k * h)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if anchored:
            scale = (2 * middle - first - last) / (2 * first * last - middle * (first + last))
        else:
            scale = 1 / (middle - 2 * last)
        scale = np.where((scale > 0) & np.isfinite(scale), scale, np.nan)[..., None]
        curve = _expit(scale, k[..., None] * place)
        bottom = _expit(scale, np.zeros(1)) if anchored else 0.0
        top = _expit(scale, k[..., None])
        shaped: NDArray[np.float64] = (curve - bottom) / (top - bottom)
    return shaped


def _expit(scale: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    value: NDArray[np.float64] = 1 / (1 + scale * np.exp(-x))
    return value


def _least_squares(
    study: Study, shape: NDArray[np.float64], expected: NDArray[np.float64] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Generalised least squares of the means on each curve: the misfit, in units of the errors'
    variance, and the levels at both ends; infinite where there is no curve.

    Args:
        expected: The means that variances are taken at.
    """
    import numpy as np

    root = np.linalg.cholesky(study.covariance(expected))
    means = np.linalg.solve(root, study.means)
    ones = np.linalg.solve(root, np.ones(len(means)))
    known = np.asarray(np.isfinite(shape).all(axis=-1))
    there: NDArray[np.float64] = np.where(known[..., None], shape, 0.0)
    curves = np.linalg.solve(root, there[..., None])[..., 0]
    aa, ab, bb = ones @ ones, curves @ ones, (curves**2).sum(axis=-1)
    ay, by = ones @ means, curves @ means
    determinant = aa * bb - ab**2
    with np.errstate(divide="ignore", invalid="ignore"):
        rise = (aa * by - ab * ay) / determinant
        bottom = (ay - ab * rise) / aa
        misfit = means @ means - bottom * ay - rise * by
    usable: NDArray[np.bool_] = known & (determinant > 1e-9 * aa * bb)
    return np.where(usable, misfit, np.inf), np.stack([bottom, bottom + rise], axis=-1)
