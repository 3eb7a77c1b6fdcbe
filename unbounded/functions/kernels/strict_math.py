"""Java's StrictMath over columns: the algorithms of fdlibm, so that the last digit agrees with Spark.

The constants and steps are those of FDLIBM 5.3: Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved.
Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and distribute this software
is freely granted, provided that this notice is preserved.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbounded.functions.kernels.strict_power import polynomial, without_low

Doubles = npt.NDArray[np.float64]

_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_INVERSE_LN2 = 1.44269504088896338700e00
_EXP = (
    1.66666666666666019037e-01,
    -2.77777777770155933842e-03,
    6.61375632143793436117e-05,
    -1.65339022054652515390e-06,
    4.13813679705723846039e-08,
)
_LOG = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)
_EXPM1 = (
    -3.33333333333331316428e-02,
    1.58730158725481460165e-03,
    -7.93650757867487942473e-05,
    4.00821782732936239552e-06,
    -2.01099218183624371326e-07,
)


def _high(x: Doubles) -> npt.NDArray[np.int64]:
    """The upper 32 bits of each double, signed, as fdlibm's `__HI`."""
    return x.view(np.int64) >> 32


def _with_high(x: Doubles, high: npt.NDArray[np.int64]) -> Doubles:
    return ((x.view(np.int64) & 0xFFFFFFFF) | (high << 32)).view(np.float64)


def exp(x: Doubles) -> Doubles:
    """e_exp.c"""
    magnitude = _high(x) & 0x7FFFFFFF
    sign = np.where(x < 0, -1.0, 1.0)
    is_reduced = magnitude > 0x3FD62E42
    is_near = is_reduced & (magnitude < 0x3FF0A2B2)
    k = np.where(is_near, sign, np.trunc(_INVERSE_LN2 * x + 0.5 * sign))
    k = np.where(is_reduced & np.isfinite(x), k, 0.0)
    high, low = x - k * _LN2_HIGH, k * _LN2_LOW
    r = np.where(is_reduced, high - low, x)
    t = r * r
    c = r - t * polynomial(t, _EXP)
    small = 1.0 - ((r * c) / (c - 2.0) - r)
    large = 1.0 - ((low - (r * c) / (2.0 - c)) - high)
    result = np.ldexp(np.where(k == 0, small, large), np.clip(k, -2000, 2000).astype(np.int32))
    result = np.where(magnitude < 0x3E300000, 1.0 + x, result)
    result = np.where(x > 7.09782712893383973096e02, np.inf, result)
    return np.where(x < -7.45133219101941108420e02, 0.0, np.where(np.isnan(x), x, result))


def _split(x: Doubles) -> tuple[Doubles, Doubles]:
    """x = 2^k * (1 + f) with sqrt(2)/2 < 1 + f < sqrt(2): k and f."""
    is_tiny = x < 2.2250738585072014e-308
    scaled = np.where(is_tiny, x * 1.80143985094819840000e16, x)
    high = _high(scaled)
    k = (high >> 20) - 1023 - np.where(is_tiny, 54, 0)
    mantissa = high & 0x000FFFFF
    i = (mantissa + 0x95F64) & 0x100000
    return (k + (i >> 20)).astype(np.float64), _with_high(scaled, mantissa | (i ^ 0x3FF00000)) - 1.0


def log(x: Doubles) -> Doubles:
    """e_log.c"""
    k, f = _split(x)
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (_LOG[1] + w * (_LOG[3] + w * _LOG[5]))
    odd = z * (_LOG[0] + w * (_LOG[2] + w * (_LOG[4] + w * _LOG[6])))
    rest = even + odd
    mantissa = _high(f + 1.0) & 0x000FFFFF
    is_middle = ((mantissa - 0x6147A) | (0x6B851 - mantissa)) > 0
    half = 0.5 * f * f
    by_half = np.where(
        k == 0, f - (half - s * (half + rest)), k * _LN2_HIGH - ((half - (s * (half + rest) + k * _LN2_LOW)) - f)
    )
    by_rest = np.where(k == 0, f - s * (f - rest), k * _LN2_HIGH - ((s * (f - rest) - k * _LN2_LOW) - f))
    r = f * f * (0.5 - 0.33333333333333333 * f)
    tiny = np.where(k == 0, f - r, k * _LN2_HIGH - ((r - k * _LN2_LOW) - f))
    result = np.where(np.abs(f) < 2.0**-20, tiny, np.where(is_middle, by_half, by_rest))
    result = np.where((f == 0) & (k != 0), k * _LN2_HIGH + k * _LN2_LOW, result)
    return _log_edges(x, np.where((f == 0) & (k == 0), 0.0, result))


def _log_edges(x: Doubles, result: Doubles) -> Doubles:
    result = np.where(x == 0, -np.inf, result)
    return np.where((x < 0) | np.isnan(x), np.nan, np.where(np.isinf(x) & (x > 0), np.inf, result))


def log10(x: Doubles) -> Doubles:
    """e_log10.c"""
    is_tiny = x < 2.2250738585072014e-308
    scaled = np.where(is_tiny, x * 1.80143985094819840000e16, x)
    high = _high(scaled)
    k = (high >> 20) - 1023 - np.where(is_tiny, 54, 0)
    i = (k < 0).astype(np.int64)
    mantissa = _with_high(scaled, (high & 0x000FFFFF) | ((0x3FF - i) << 20))
    y = (k + i).astype(np.float64)
    z = y * 3.69423907715893078616e-13 + 4.34294481903251816668e-01 * log(mantissa)
    return _log_edges(x, z + y * 3.01029995663611771306e-01)


def log1p(x: Doubles) -> Doubles:
    """s_log1p.c"""
    is_direct = (
        (x > -0.2928932188134524) & (_high(x) < 0x3FDA827A) & ((_high(x) > 0) | (_high(x) <= (0xBFD2BEC3 - (1 << 32))))
    )
    is_huge = _high(x) >= 0x43400000
    u = np.where(is_huge, x, 1.0 + x)
    k = (_high(u) >> 20) - 1023
    c = np.where(is_huge, 0.0, np.where(k > 0, 1.0 - (u - x), x - (u - 1.0)) / u)
    mantissa = _high(u) & 0x000FFFFF
    is_low = mantissa < 0x6A09E
    normalized = _with_high(u, mantissa | np.where(is_low, 0x3FF00000, 0x3FE00000))
    k = np.where(is_direct, 0, k + np.where(is_low, 0, 1)).astype(np.float64)
    f = np.where(is_direct, x, normalized - 1.0)
    c = np.where(is_direct, 0.0, c)
    half = 0.5 * f * f
    s = f / (2.0 + f)
    z = s * s
    r = z * polynomial(z, _LOG)
    result = np.where(
        k == 0, f - (half - s * (half + r)), k * _LN2_HIGH - ((half - (s * (half + r) + (k * _LN2_LOW + c))) - f)
    )
    exact = half * (1.0 - 0.66666666666666666 * f)
    at_power = np.where(k == 0, f - exact, k * _LN2_HIGH - ((exact - (k * _LN2_LOW + c)) - f))
    at_one = np.where(k == 0, 0.0, k * _LN2_HIGH + (c + k * _LN2_LOW))
    leading = np.where(is_direct, 1, np.where(is_low, mantissa, (0x00100000 - mantissa) >> 2))
    result = np.where(leading == 0, np.where(f == 0, at_one, at_power), result)
    result = np.where(np.abs(x) < 2.0**-29, np.where(np.abs(x) < 2.0**-54, x, x - x * x * 0.5), result)
    result = np.where(x == -1, -np.inf, np.where((x < -1) | np.isnan(x), np.nan, result))
    return np.where(np.isinf(x) & (x > 0), np.inf, result)


def expm1(x: Doubles) -> Doubles:
    """s_expm1.c"""
    magnitude = _high(x) & 0x7FFFFFFF
    sign = np.where(x < 0, -1.0, 1.0)
    is_reduced = magnitude > 0x3FD62E42
    near = np.where(is_reduced & np.isfinite(x), sign, 0.0)
    far = np.trunc(_INVERSE_LN2 * np.where(np.isfinite(x), x, 0.0) + 0.5 * sign)
    k = np.where(magnitude < 0x3FF0A2B2, near, np.where(is_reduced, far, 0.0))
    high, low = x - k * _LN2_HIGH, k * _LN2_LOW
    r = np.where(k == 0, x, high - low)
    c = np.where(k == 0, 0.0, (high - r) - low)
    half = 0.5 * r
    square = r * half
    r1 = 1.0 + square * polynomial(square, _EXPM1)
    t = 3.0 - r1 * half
    e = square * ((r1 - t) / (6.0 - r * t))
    at_zero = r - (r * e - square)
    e = (r * (e - c) - c) - square
    exponent = np.clip(k, -1100, 1100).astype(np.int32)
    with np.errstate(over="ignore", under="ignore"):
        large = np.ldexp(1.0 - (e - r), exponent) - 1.0
        small_t = 1.0 - np.ldexp(1.0, -exponent)
        middle = np.ldexp(small_t - (e - r), exponent)
        upper = np.ldexp(r - (e + np.ldexp(1.0, -exponent)) + 1.0, exponent)
    result = np.where(k < 20, middle, upper)
    result = np.where((k <= -2) | (k > 56), large, result)
    at_one = np.where(r < -0.25, -2.0 * (e - (r + 0.5)), 1.0 + 2.0 * (r - e))
    result = np.where(k == 1, at_one, np.where(k == -1, 0.5 * (r - e) - 0.5, np.where(k == 0, at_zero, result)))
    result = np.where(magnitude < 0x3C900000, x, result)
    result = np.where(x > 7.09782712893383973096e02, np.inf, result)
    return np.where(np.isnan(x), x, np.where(x < -56 * 0.6931471805599453, -1.0, result))


def cbrt(x: Doubles) -> Doubles:
    """s_cbrt.c"""
    magnitude = np.abs(x)
    is_tiny = magnitude < 2.2250738585072014e-308
    scaled = np.where(is_tiny, magnitude * 2.0**54, magnitude)
    start = np.where(is_tiny, 696219795, 715094163)
    t = ((_high(scaled) // 3 + start) << 32).view(np.float64)
    r = t * t / magnitude
    s = 5.42857142857142815906e-01 + r * t
    t = t * (
        3.57142857142857150787e-01
        + 1.60714285714285720630e00 / (s + 1.41428571428571436819e00 + -7.05306122448979611050e-01 / s)
    )
    t = ((np.ascontiguousarray(t).view(np.int64) & ~0xFFFFFFFF) + (1 << 32)).view(np.float64)
    s = t * t
    r = magnitude / s
    w = t + t
    t = t + t * ((r - t) / (w + r))
    return np.where((x == 0) | ~np.isfinite(x), x, np.copysign(t, x))


def hypot(x: Doubles, y: Doubles) -> Doubles:
    """e_hypot.c for arguments of ordinary size; the C library's elsewhere."""
    a, b = np.maximum(np.abs(x), np.abs(y)), np.minimum(np.abs(x), np.abs(y))
    w = a - b
    t1 = without_low(a)
    t2 = a - t1
    far = np.sqrt(t1 * t1 - (b * (-b) - t2 * (a + t1)))
    doubled = a + a
    y1 = without_low(b)
    y2 = b - y1
    d1 = without_low(doubled)
    d2 = doubled - d1
    near = np.sqrt(d1 * y1 - (w * (-w) - (d1 * y2 + d2 * b)))
    result = np.where(w > b, far, near)
    is_plain = (a < 2.0**500) & (b > 2.0**-500)
    result = np.where(is_plain, result, np.hypot(x, y))
    return np.where(a / b > 2.0**60, a + b, result)
