"""Dose and response: the linear trend over doses, and the dose that gives half of the effect.

A dose is a misaligned ratio, or a dataset size on a logarithmic scale. For the half-effect dose
the response is a logistic curve in the dose, scaled to go from the level at the lowest dose to the
level at the highest dose measured. The *half-effect dose* is where the curve is halfway between
those two levels: a statement about what was measured, not about where a curve might end beyond it.
For a curve that has levelled off at both ends it is the usual ED50.

For each steepness and half-effect dose the best two levels are a linear regression, so the whole
likelihood is computed on a grid, and no starting value can lead the fit astray. The interval is the
profile likelihood's: every dose that an F test does not reject against the best one (Bates and
Watts 1988, section 6.1). It speaks of the question set that was used.
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
_PARAMETERS = 4


@attrs.frozen(kw_only=True)
class HalfEffect:
    """The dose of half effect.

    Args:
        dose: Where the best curve is halfway, on the scale of the doses.
        low: Lower end of the 95 % interval, as `high`.
        open_low: Whether the interval reaches the lowest dose: the true dose may be lower still.
        open_high: Whether it reaches the highest dose.
        bottom: The level of the best curve at the lowest dose, as `top` at the highest.
        steepness: Of the best curve, per range of doses.
        fit_p: P-value of the misfit between points and curve; 1 if it cannot be tested.
        fit_df: Points beyond the curve's four parameters.
        span: The lowest and the highest dose that is not zero.
        anchored: Whether the curve begins at the lowest dose, rather than at none at all.
    """

    dose: float
    low: float
    high: float
    open_low: bool
    open_high: bool
    bottom: float
    top: float
    steepness: float
    fit_p: float
    fit_df: int
    span: tuple[float, float]
    anchored: bool

    def levels(self, doses: Sequence[float]) -> list[float]:
        """The curve at some doses, on the scale of the doses."""
        import numpy as np

        low, high = self.span
        position = (np.asarray(doses, dtype=float) - low) / (high - low)
        half = np.array([(self.dose - low) / (high - low)])
        curve = _logistic_curves(
            position, np.array([self.steepness]), half, anchored=self.anchored
        )[0, 0]
        levels: list[float] = (self.bottom + (self.top - self.bottom) * curve).tolist()
        return levels


def slope_weights(doses: Sequence[float]) -> NDArray[np.float64]:
    """The contrast that is the linear trend: change of the mean per unit of dose (Cochran 1954;
    Armitage 1955).

    Args:
        doses: One per condition, not all equal.
    """
    import numpy as np

    centred = np.asarray(doses, dtype=float) - np.mean(doses)
    weights: NDArray[np.float64] = centred / (centred @ centred)
    return weights


def fit_half_effect(
    study: Study,
    doses: Sequence[float],
    *,
    zero_dose: int | None = None,
    df: float | None = None,
) -> HalfEffect:
    """Fit the curve to the condition means of a study.

    Args:
        study: Its conditions, in any order.
        doses: One dose per condition, at least three different ones; the dose of `zero_dose` is
            ignored.
        zero_dose: Index of the condition that got no dose at all and so lies infinitely far below
            on the scale of doses (the untrained model, if doses are logarithms of sizes).
        df: Degrees of freedom of the errors; None: one less than the study's groups.
    """
    import numpy as np
    from scipy.special import fdtrc, fdtri

    dose = np.asarray(doses, dtype=float)
    is_finite = np.array([index != zero_dose for index in range(len(dose))])
    low, high = dose[is_finite].min(), dose[is_finite].max()
    position = np.where(is_finite, (dose - low) / (high - low), -np.inf)
    steepness = np.geomspace(*_STEEPNESS_GRID)
    half = np.linspace(0, 1, _DOSE_POINTS)
    curves = _logistic_curves(position, steepness, half, anchored=zero_dose is None)
    fitted = None
    for _ in range(_ITERATIONS):
        misfit, levels = _least_squares(study, curves, fitted)
        best = np.unravel_index(int(np.argmin(misfit)), misfit.shape)
        bottom, top = levels[best]
        fitted = bottom + (top - bottom) * curves[best]
    df = df or max(study.groups - 1, 1)
    threshold = float(fdtri(1, df, study.level))
    fit_df = max(len(dose) - _PARAMETERS, 0)
    fit_p = float(fdtrc(fit_df, df, misfit[best] / fit_df)) if fit_df else 1.0
    accepted, defined = _profile(misfit, threshold)
    best_dose, low_dose, high_dose = low + (high - low) * half[[best[1], accepted[0], accepted[-1]]]
    return HalfEffect(
        dose=float(best_dose),
        low=float(low_dose),
        high=float(high_dose),
        open_low=bool(accepted[0] <= defined[0]),
        open_high=bool(accepted[-1] >= defined[-1]),
        bottom=float(bottom),
        top=float(top),
        steepness=float(steepness[best[0]]),
        fit_p=fit_p,
        fit_df=fit_df,
        span=(float(low), float(high)),
        anchored=zero_dose is None,
    )


def _profile(
    misfit: NDArray[np.float64], threshold: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The profile likelihood over half-effect doses: the indices of the doses within `threshold` of
    the best one, and of those that any curve reaches; `misfit` is steepness × half."""
    import numpy as np

    profile = misfit.min(axis=0)
    accepted = np.flatnonzero(profile - profile.min() <= threshold)
    return accepted, np.flatnonzero(np.isfinite(profile))


def _logistic_curves(
    position: NDArray[np.float64],
    steepness: NDArray[np.float64],
    half: NDArray[np.float64],
    *,
    anchored: bool,
) -> NDArray[np.float64]:
    """Curves that go from 0 to 1 and pass 1/2 at `half`; steepness × half × doses.

    A curve is NaN if no logistic curve of that steepness passes 1/2 there. With the logistic
    1 / (1 + M·exp(-k·x)), its values at the lowest dose, at the half and at the highest dose give M
    in closed form; if the lowest dose is infinitely far below, its value is 0.

    Args:
        position: Of each dose, scaled to [0, 1]; -inf for the dose of none.
        steepness: k of each curve, per range of doses.
        half: Where curves pass 1/2, in [0, 1].
        anchored: Whether curves are 0 at position 0, rather than at -inf.
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
        curve = _logistic(scale, k[..., None] * position)
        bottom = _logistic(scale, np.zeros(1)) if anchored else 0.0
        top = _logistic(scale, k[..., None])
        scaled: NDArray[np.float64] = (curve - bottom) / (top - bottom)
    return scaled


def _logistic(scale: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    value: NDArray[np.float64] = 1 / (1 + scale * np.exp(-x))
    return value


def _least_squares(
    study: Study, curves: NDArray[np.float64], expected: NDArray[np.float64] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Generalised least squares of the condition means on each curve (Aitken 1936).

    Args:
        study: With one mean per condition.
        curves: Steepness × half × conditions; NaN for a curve that does not exist.
        expected: The means at which variances are taken; None: as measured.

    Returns:
        The misfit of each curve, in units of the errors' variance, infinite for one that does not
        exist; and its levels at both ends, in a last axis of 2.
    """
    import numpy as np

    whiten = np.linalg.inv(np.linalg.cholesky(study.covariance(expected)))
    means = whiten @ study.means
    ones = whiten @ np.ones(len(means))
    exists = np.asarray(np.isfinite(curves).all(axis=-1))
    filled: NDArray[np.float64] = np.where(exists[..., None], curves, 0.0)
    whitened = filled @ whiten.T
    aa, ab, bb = ones @ ones, whitened @ ones, (whitened**2).sum(axis=-1)
    ay, by = ones @ means, whitened @ means
    determinant = aa * bb - ab**2
    with np.errstate(divide="ignore", invalid="ignore"):
        rise = (aa * by - ab * ay) / determinant
        bottom = (ay - ab * rise) / aa
        misfit = means @ means - bottom * ay - rise * by
    usable: NDArray[np.bool_] = exists & (determinant > 1e-9 * aa * bb)
    return np.where(usable, misfit, np.inf), np.stack([bottom, bottom + rise], axis=-1)
