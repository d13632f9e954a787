"""Whatever colour somebody chooses can be read, by its figures and as the web writes them."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kezhan.workspaces.tints import DARK_GROUNDS, LIGHT_GROUNDS, READABLE, contrast, tints

_CSS = (Path(__file__).parents[3] / "web/packages/ui/tokens.css").read_text()


def _roles(scheme: str) -> dict[str, str]:
    body = _CSS[_CSS.index(f"\n.{scheme} {{") :].partition("}")[0]
    return dict(re.findall(r"--kz-([a-z-]+): (#[0-9a-f]{6});", body))


LIGHT, DARK = _roles("light"), _roles("dark")


def test_the_grounds_are_those_of_the_tokens() -> None:
    for roles, grounds in ((LIGHT, LIGHT_GROUNDS), (DARK, DARK_GROUNDS)):
        assert (roles["paper"], roles["paper-sunk"]) == grounds


@pytest.mark.parametrize(("one", "other", "ratio"), [("#000000", "#ffffff", 21), ("#777777", "#777777", 1)])
def test_contrast_is_that_of_the_standard(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio) == contrast(other, one)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


def _mixed(one: str, other: str, part: float) -> str:
    pairs = ((int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(part * mine + (1 - part) * its):02x}" for mine, its in pairs)


def _check(accent: str) -> None:
    shown = tints(accent)
    for tint, roles in ((shown.light, LIGHT), (shown.dark, DARK)):
        for ground in (roles["paper"], roles["paper-sunk"], tint.soft):
            assert contrast(tint.accent, ground) >= READABLE, (accent, tint)
        for words in ("ink", "ink-soft"):
            assert contrast(roles[words], tint.soft) >= READABLE, (accent, tint)
        # A solid button under the pointer, as tailwind.css mixes it.
        assert contrast(_mixed(tint.accent, roles["ink"], 0.86), roles["paper"]) >= READABLE, (accent, tint)


@given(st.integers(0, 0xFFFFFF))
def test_any_colour_is_readable_on_every_ground_it_meets(number: int) -> None:
    _check(f"#{number:06x}")


@pytest.mark.parametrize(
    "accent", ["#000000", "#ffffff", "#ff0000", "#00ff00", "#0000ff", "#ffff00", "#fffdd0"]
)
def test_so_are_the_extremes(accent: str) -> None:
    _check(accent)


@pytest.mark.parametrize(
    ("accent", "light", "dark"),
    [
        ("#1c5fa8", "#1c5fa8", "#5698e5"),  # kept where it is readable, made lighter where it is not
        ("#e11d1d", "#d6010f", "#ff5d50"),  # a strong red
        ("#f9e79f", "#7b6a21", "#f9e79f"),  # a pale yellow
        ("#808080", "#6a6a6a", "#959595"),  # no hue: none is made up
    ],
)
def test_what_does_is_kept_and_what_does_not_keeps_its_hue(accent: str, light: str, dark: str) -> None:
    assert (tints(accent).light.accent, tints(accent).dark.accent) == (light, dark)
