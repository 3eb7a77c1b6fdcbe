"""Java's StrictMath.pow over columns: e_pow.c of fdlibm, so that the last digit agrees with Spark.

FDLIBM 5.3: Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Developed at SunPro, a Sun Microsystems,
Inc. business. Permission to use, copy, modify, and distribute this software is freely granted, provided that this
notice is preserved.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

_HIGH_WORD = np.uint64(0xFFFFFFFF00000000)
_LOG = (
    5.99999999999994648725e-01,
    4.28571428578550184252e-01,
    3.33333329818377432918e-01,
    2.72728123808534006489e-01,
    2.30660745775561754067e-01,
    2.06975017800338417784e-01,
)
_EXP = (
    1.66666666666666019037e-01,
    -2.77777777770155933842e-03,
    6.61375632143793436117e-05,
    -1.65339022054652515390e-06,
    4.13813679705723846039e-08,
)
_LN2, _LN2_HIGH, _LN2_LOW = 6.93147180559945286227e-01, 6.93147182464599609375e-01, -1.90465429995776804525e-09
_CP, _CP_HIGH, _CP_LOW = 9.61796693925975554329e-01, 9.61796700954437255859e-01, -7.02846165095275826516e-09
_BASE, _LOG_BASE_HIGH, _LOG_BASE_LOW = (1.0, 1.5), (0.0, 5.84962487220764160156e-01), (0.0, 1.35003920212974897128e-08)
_OVERFLOW_TAIL = 8.0085662595372944372e-17


def power(x: Doubles, y: Doubles) -> Doubles:
    """x to the power of y, as Java defines it for every pair of doubles."""
    high, low = _log2(np.abs(x))
    result = _sign(x, y) * _exp2_of_product(y, high, low)
    is_plain = np.isfinite(x) & np.isfinite(y) & (x != 0) & (np.abs(y) <= 2.0**31)
    result = np.where(is_plain, result, np.power(x, y))
    result = np.where(y == 2, x * x, np.where((y == 0.5) & (x >= 0), np.sqrt(x) + 0.0, result))
    result = np.where(y == 1, x, np.where(y == -1, 1.0 / x, result))
    result = np.where(np.isinf(y) & (np.abs(x) == 1), np.nan, result)
    return np.where(y == 0, 1.0, np.where(np.isnan(x) | np.isnan(y), np.nan, result))


def _sign(x: Doubles, y: Doubles) -> Doubles:
    """-1 for a negative base and an odd exponent, NaN for one and a fraction, else 1."""
    is_whole = np.trunc(y) == y
    is_odd = is_whole & (np.abs(np.fmod(y, 2.0)) == 1)
    return np.where(x >= 0, 1.0, np.where(~is_whole, np.nan, np.where(is_odd, -1.0, 1.0)))


def without_low(x: Doubles) -> Doubles:
    """x with the lower 32 bits cleared."""
    return (np.ascontiguousarray(x).view(np.uint64) & _HIGH_WORD).view(np.float64)


def polynomial(x: Doubles, coefficients: tuple[float, ...]) -> Doubles:
    result = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        result = coefficient + x * result
    return result


def _log2(x: Doubles) -> tuple[Doubles, Doubles]:
    """log2(x) as a sum of two doubles, the first with 21 bits."""
    is_tiny = x < 2.2250738585072014e-308
    x = np.where(is_tiny, x * 2.0**53, x)
    high_word = x.view(np.int64) >> 32
    n = (high_word >> 20) - 1023 - np.where(is_tiny, 53, 0)
    j = high_word & 0xFFFFF
    is_middle = (j > 0x3988E) & (j < 0xBB67A)
    is_upper = j >= 0xBB67A
    n = (n + is_upper).astype(np.float64)
    word = (j | 0x3FF00000) - np.where(is_upper, 0x00100000, 0)
    ax = ((x.view(np.int64) & 0xFFFFFFFF) | (word << 32)).view(np.float64)
    k = is_middle.astype(np.int64)
    base = np.where(is_middle, _BASE[1], _BASE[0])
    u, v = ax - base, 1.0 / (ax + base)
    ss = u * v
    s_high = without_low(ss)
    t_high = ((((word >> 1) | 0x20000000) + 0x00080000 + (k << 18)) << 32).view(np.float64)
    t_low = ax - (t_high - base)
    s_low = v * ((u - s_high * t_high) - s_high * t_low)
    s2 = ss * ss
    r = s2 * s2 * polynomial(s2, _LOG)
    r = r + s_low * (s_high + ss)
    s2 = s_high * s_high
    t_high = without_low(3.0 + s2 + r)
    t_low = r - ((t_high - 3.0) - s2)
    u, v = s_high * t_high, s_low * t_high + t_low * ss
    p_high = without_low(u + v)
    p_low = v - (p_high - u)
    base_high = np.where(is_middle, _LOG_BASE_HIGH[1], 0.0)
    z_high = _CP_HIGH * p_high
    z_low = _CP_LOW * p_high + p_low * _CP + np.where(is_middle, _LOG_BASE_LOW[1], 0.0)
    high = without_low(((z_high + z_low) + base_high) + n)
    return high, z_low - (((high - n) - base_high) - z_high)


def _exp2_of_product(y: Doubles, high: Doubles, low: Doubles) -> Doubles:
    """2 to the power of y * (high + low)."""
    y1 = without_low(y)
    p_low = (y - y1) * high + y * low
    p_high = y1 * high
    z = p_low + p_high
    is_over = (z >= 1024) & ((z > 1024) | (p_low + _OVERFLOW_TAIL > z - p_high))
    is_under = (z <= -1075) & ((z < -1075) | (p_low <= z - p_high))
    has_whole = ((np.ascontiguousarray(z).view(np.int64) >> 32) & 0x7FFFFFFF) > 0x3FE00000
    n = np.where(has_whole, np.copysign(np.floor(np.abs(z) + 0.5), z), 0.0)
    n = np.where(np.isfinite(n), np.clip(n, -3000, 3000), 0.0)
    p_high = p_high - n
    t = without_low(p_low + p_high)
    u, v = t * _LN2_HIGH, (p_low - (t - p_high)) * _LN2 + t * _LN2_LOW
    z = u + v
    w = v - (z - u)
    t = z * z
    t1 = z - t * polynomial(t, _EXP)
    r = (z * t1) / (t1 - 2.0) - (w + z * w)
    result = np.ldexp(1.0 - (r - z), n.astype(np.int32))
    return np.where(is_over, np.inf, np.where(is_under, 0.0, result))
