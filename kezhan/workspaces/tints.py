"""What becomes of an accent colour on a screen: tints that stay readable, whatever somebody chose."""

import math
from functools import lru_cache

from kezhan.workspaces.schemas import Tint, Tints

# Of web/packages/ui/tokens.css: what is written in the accent, or written on it, stands on these.
LIGHT_GROUNDS = ("#ffffff", "#f4f6f4")
DARK_GROUNDS = ("#161c19", "#0f1412")
READABLE = 4.5
"""WCAG AA for text of any size."""

# OKLCH of the soft grounds, as near to paper as the house's own: lightness, and the chroma they have at most.
_LIGHT_SOFT = (0.945, 0.025)
_DARK_SOFT = (0.30, 0.045)
_STEP = 0.005


@lru_cache(maxsize=1024)
def tints(accent: str) -> Tints:
    """The tints of `accent` (`#rrggbb`). Each reaches READABLE on the grounds of its scheme and on its own
    soft ground; the accent itself is kept where it does, else it is made darker or lighter, its hue kept."""
    light, dark = (_soft(accent, *soft) for soft in (_LIGHT_SOFT, _DARK_SOFT))
    return Tints(
        light=Tint(accent=_readable(accent, (*LIGHT_GROUNDS, light), -_STEP), soft=light),
        dark=Tint(accent=_readable(accent, (*DARK_GROUNDS, dark), _STEP), soft=dark),
    )


def contrast(one: str, other: str) -> float:
    """1 … 21, as WCAG 2 defines it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _readable(accent: str, grounds: tuple[str, ...], step: float) -> str:
    lightness, chroma, hue = _oklch(accent)
    found = accent
    while any(contrast(found, ground) < READABLE for ground in grounds):
        lightness += step
        found = _shown(lightness, chroma, hue)
    return found


def _soft(accent: str, lightness: float, most: float) -> str:
    _, chroma, hue = _oklch(accent)
    return _shown(lightness, min(chroma, most), hue)


def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(colour: str) -> tuple[float, float, float]:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    )
    return red, green, blue


def _oklch(colour: str) -> tuple[float, float, float]:
    """Lightness 0 … 1, chroma, hue in radians (Björn Ottosson's OKLab)."""
    red, green, blue = _linear(colour)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.atan2(b, a)


def _shown(lightness: float, chroma: float, hue: float) -> str:
    """As `#rrggbb`, with less chroma where a screen has no such colour."""
    lightness = min(max(lightness, 0.0), 1.0)
    parts = _screen(lightness, chroma, hue)
    while chroma > 0.001 and not all(-0.0005 <= part <= 1.0005 for part in parts):
        chroma *= 0.97
        parts = _screen(lightness, chroma, hue)
    return "#" + "".join(f"{round(255 * _bent(min(max(part, 0.0), 1.0))):02x}" for part in parts)


def _screen(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _bent(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
