"""Java's StrictMath over columns, continued: inverse trigonometric and hyperbolic functions, as in fdlibm.

FDLIBM 5.3: Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Developed at SunPro, a Sun Microsystems,
Inc. business. Permission to use, copy, modify, and distribute this software is freely granted, provided that this
notice is preserved.
"""

from __future__ import annotations

import numpy as np

from unbounded.functions.kernels.strict_math import Doubles, exp, expm1
from unbounded.functions.kernels.strict_power import polynomial, without_low

_HALF_PI_HIGH, _HALF_PI_LOW = 1.57079632679489655800e00, 6.12323399573676603587e-17
_QUARTER_PI_HIGH = 7.85398163397448278999e-01
_PI = 3.14159265358979311600e00
_ASIN_P = (
    1.66666666666666657415e-01,
    -3.25565818622400915405e-01,
    2.01212532134862925881e-01,
    -4.00555345006794114027e-02,
    7.91534994289814532176e-04,
    3.47933107596021167570e-05,
)
_ASIN_Q = (
    1.0,
    -2.40339491173441421878e00,
    2.02094576023350569471e00,
    -6.88283971605453293030e-01,
    7.70381505559019352791e-02,
)
_ATAN = (
    3.33333333333329318027e-01,
    -1.99999999998764832476e-01,
    1.42857142725034663711e-01,
    -1.11111104054623557880e-01,
    9.09088713343650656196e-02,
    -7.69187620504482999495e-02,
    6.66107313738753120669e-02,
    -5.83357013379057348645e-02,
    4.97687799461593236017e-02,
    -3.65315727442169155270e-02,
    1.62858201153657823623e-02,
)
_ATAN_HIGH = (
    4.63647609000806093515e-01,
    7.85398163397448278999e-01,
    9.82793723247329054082e-01,
    1.57079632679489655800e00,
)
_ATAN_LOW = (
    2.26987774529616870924e-17,
    3.06161699786838301793e-17,
    1.39033110312309984516e-17,
    6.12323399573676603587e-17,
)


def _asin_ratio(t: Doubles) -> Doubles:
    return t * polynomial(t, _ASIN_P) / polynomial(t, _ASIN_Q)


def asin(x: Doubles) -> Doubles:
    """e_asin.c"""
    magnitude = np.abs(x)
    small = x + x * _asin_ratio(x * x)
    t = (1.0 - magnitude) * 0.5
    r = _asin_ratio(t)
    s = np.sqrt(t)
    w = without_low(s)
    c = (t - w * w) / (s + w)
    p = 2.0 * s * r - (_HALF_PI_LOW - 2.0 * c)
    q = _QUARTER_PI_HIGH - 2.0 * w
    near_one = _HALF_PI_HIGH - (2.0 * (s + s * r) - _HALF_PI_LOW)
    is_near_one = without_low(magnitude) >= 0.9749994277954102
    large = np.copysign(np.where(is_near_one, near_one, _QUARTER_PI_HIGH - (p - q)), x)
    result = np.where(magnitude < 0.5, np.where(magnitude < 2.0**-27, x, small), large)
    result = np.where(magnitude == 1, x * _HALF_PI_HIGH + x * _HALF_PI_LOW, result)
    return np.where(magnitude <= 1, result, np.nan)


def acos(x: Doubles) -> Doubles:
    """e_acos.c"""
    magnitude = np.abs(x)
    small = _HALF_PI_HIGH - (x - (_HALF_PI_LOW - x * _asin_ratio(x * x)))
    z = (1.0 - magnitude) * 0.5
    s = np.sqrt(z)
    r = _asin_ratio(z)
    negative = _PI - 2.0 * (s + (r * s - _HALF_PI_LOW))
    df = without_low(s)
    c = (z - df * df) / (s + df)
    positive = 2.0 * (df + (r * s + c))
    large = np.where(x < 0, negative, positive)
    result = np.where(magnitude < 0.5, np.where(magnitude <= 2.0**-57, _HALF_PI_HIGH + _HALF_PI_LOW, small), large)
    result = np.where(magnitude == 1, np.where(x > 0, 0.0, _PI + 2.0 * _HALF_PI_LOW), result)
    return np.where(magnitude <= 1, result, np.nan)


def atan(x: Doubles) -> Doubles:
    """s_atan.c"""
    magnitude = np.abs(x)
    bounds = without_low(magnitude)
    is_reduced = bounds >= 0.4375
    index = (bounds >= 0.6875).astype(np.int64) + (bounds >= 1.1875) + (bounds >= 2.4375)
    reduced = np.choose(
        index,
        [
            (2.0 * magnitude - 1.0) / (2.0 + magnitude),
            (magnitude - 1.0) / (magnitude + 1.0),
            (magnitude - 1.5) / (1.0 + 1.5 * magnitude),
            -1.0 / magnitude,
        ],
    )
    v = np.where(is_reduced, reduced, x)
    z = v * v
    w = z * z
    s1 = z * polynomial(w, _ATAN[0::2])
    s2 = w * polynomial(w, _ATAN[1::2])
    far = np.take(_ATAN_HIGH, index) - ((v * (s1 + s2) - np.take(_ATAN_LOW, index)) - v)
    result = np.where(is_reduced, np.copysign(far, x), v - v * (s1 + s2))
    result = np.where(magnitude < 2.0**-29, x, result)
    result = np.where(magnitude >= 2.0**66, np.copysign(_ATAN_HIGH[3] + _ATAN_LOW[3], x), result)
    return np.where(np.isnan(x), x, result)


def sinh(x: Doubles) -> Doubles:
    """e_sinh.c"""
    magnitude, half = np.abs(x), np.copysign(0.5, x)
    t = expm1(magnitude)
    below_one = half * (2.0 * t - t * t / (t + 1.0))
    result = np.where(magnitude < 1, below_one, half * (t + t / (t + 1.0)))
    result = np.where(magnitude < 2.0**-28, x, np.where(magnitude < 22, result, half * exp(magnitude)))
    return np.where(magnitude > 709.782712893384, _halved_square(magnitude, half), np.where(np.isfinite(x), result, x))


def cosh(x: Doubles) -> Doubles:
    """e_cosh.c"""
    magnitude = np.abs(x)
    t = expm1(magnitude)
    w = 1.0 + t
    small = np.where(magnitude < 2.0**-55, w, 1.0 + (t * t) / (w + w))
    e = exp(magnitude)
    result = np.where(without_low(magnitude) < 0.34657359, small, 0.5 * e + 0.5 / e)
    result = np.where(magnitude < 22, result, 0.5 * e)
    return np.where(
        magnitude > 709.782712893384, _halved_square(magnitude, np.full_like(x, 0.5)), np.where(np.isnan(x), x, result)
    )


def _halved_square(magnitude: Doubles, half: Doubles) -> Doubles:
    """half * e^magnitude where e^magnitude itself is too large."""
    w = exp(0.5 * magnitude)
    return np.where(magnitude <= 710.4758600739439, (half * w) * w, half * np.inf)


def tanh(x: Doubles) -> Doubles:
    """s_tanh.c"""
    magnitude = np.abs(x)
    above_one = 1.0 - 2.0 / (expm1(2.0 * magnitude) + 2.0)
    t = expm1(-2.0 * magnitude)
    result = np.where(magnitude >= 1, above_one, -t / (t + 2.0))
    result = np.copysign(np.where(magnitude < 22, result, 1.0), x)
    return np.where(magnitude < 2.0**-55, x * (1.0 + x), np.where(np.isnan(x), x, result))
