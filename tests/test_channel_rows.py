"""docs/develop/channels: every row of a platform's documents says where it is and by which test it is shown,
and all of that is there."""

import functools
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from kezhan.channels import registry

_ROOT = Path(__file__).parents[1]
_PAGES = sorted(_ROOT.glob("docs/develop/channels/*.md"))
_TESTED = ("kezhan/channels", "fakes/tests", "tests/platforms", "tests/journeys/channels")
_QUOTED = re.compile(r"`([^`]+)`")
WHOLE = {
    *("wechat_oa", "wechat_kf", "wechat_miniprogram", "wecom", "email", "telegram", "whatsapp", "feishu"),
    "dingtalk",
}


@functools.cache
def known_tests() -> frozenset[str]:
    """The names of all tests about channels."""
    files = [path for folder in _TESTED for path in (_ROOT / folder).rglob("test_*.py")]
    return frozenset(
        name for path in files for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.M)
    )


def recorded(name: str) -> set[str]:
    return {path.stem for path in (registry.FOLDER / name / "fixtures").iterdir()}


def rows(page: Path) -> list[tuple[str, str, str, str]]:
    """(mark, what is documented, where it is or why not, what shows it)."""
    found = [line.split("|") for line in page.read_text("utf-8").splitlines() if line.startswith("|")]
    assert all(len(cells) == 6 for cells in found), "a row has four cells"
    made = [tuple(cell.strip() for cell in cells[1:5]) for cells in found[2:]]
    return [(mark, row, where, shown) for mark, row, where, shown in made]


def test_each_platform_that_is_to_be_whole_has_its_page() -> None:
    assert {page.stem for page in _PAGES} == WHOLE


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.stem)
def test_every_row_is_there_and_shown_or_says_why_not(page: Path) -> None:
    known = recorded(page.stem)
    folders = (registry.FOLDER / page.stem, registry.FOLDER.parent, _ROOT / "fakes")
    cited: set[str] = set()
    for mark, row, where, shown in rows(page):
        names = _QUOTED.findall(shown)
        assert mark in {"✓", "–"}, row
        if mark == "–":
            assert where and not shown, f"{row}: say why, and no more"
            continue
        (place,) = _QUOTED.findall(where)
        assert any((folder / place).is_file() for folder in folders), f"{row}: there is no {place}"
        assert names, f"{row}: shown by nothing"
        for name in names:
            found = {stem for stem in known if fnmatchcase(stem, name)}
            assert found or name in known_tests(), f"{row}: there is no {name}"
            cited |= found
    said = {name for name in _QUOTED.findall(page.read_text("utf-8")) if name.startswith("test_")}
    assert {name for name in said if not name.endswith(".py")} <= known_tests()
    assert cited == known, f"in no row: {sorted(known - cited)}"
