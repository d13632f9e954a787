"""Which rule fits whom: the pure part."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from kezhan.proactive.matching import Standing, fits, on_page
from kezhan.proactive.schemas import Conditions
from kezhan.visits.schemas import Device, Source

SITE, OTHER = UUID(int=1), UUID(int=2)
SHE = Standing(
    account_id=SITE,
    pages=3,
    visits=2,
    source=Source.CAMPAIGN,
    campaign="Spring-2026",
    device=Device.PHONE,
    language="zh-CN",
)

FITS: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"account_ids": [SITE, OTHER]}, True),
    ({"account_ids": [OTHER]}, False),
    ({"min_visits": 2}, True),
    ({"min_visits": 3}, False),
    ({"sources": [Source.SEARCH, Source.CAMPAIGN]}, True),
    ({"sources": [Source.SEARCH]}, False),
    ({"campaign": "spring"}, True),
    ({"campaign": " SPRING "}, True),
    ({"campaign": "summer"}, False),
    ({"devices": [Device.PHONE, Device.TABLET]}, True),
    ({"devices": [Device.DESKTOP]}, False),
    ({"languages": ["zh"]}, True),
    ({"languages": ["ZH-cn"]}, True),
    ({"languages": ["en", "zh"]}, True),
    ({"languages": ["en"]}, False),
    ({"languages": ["z"]}, False),
    ({"languages": ["zh-CN-x"]}, False),
    ({"sources": [Source.CAMPAIGN], "devices": [Device.DESKTOP]}, False),
    # What changes while she looks on is asked elsewhere.
    ({"min_pages": 50, "pages": ["/nowhere"], "dwell_s": 3600}, True),
]


@pytest.mark.parametrize(("conditions", "fit"), FITS)
def test_every_condition_must_hold_and_an_empty_one_does(conditions: dict[str, Any], fit: bool) -> None:
    assert fits(Conditions(**conditions), SHE) is fit


def test_a_language_nobody_told_fits_no_language() -> None:
    silent = msgspec.structs.replace(SHE, language="")
    assert (fits(Conditions(languages=["zh"]), silent), fits(Conditions(), silent)) == (False, True)


# The widget's own test has the same table: web/apps/widget/src/panel/later/invites.test.ts.
PAGES: list[tuple[list[str], str, bool]] = [
    ([], "https://x.cn/a", True),
    ([], "", True),
    (["/rock"], "https://x.cn/rock", True),
    (["/ROCK"], "https://x.cn/rock?y=1", True),
    (["/rock"], "https://x.cn/", False),
    (["/a", "/b"], "https://x.cn/b", True),
    (["/tea/*/price"], "https://x.cn/tea/rock/price", True),
    (["/tea/*/price"], "https://x.cn/price/tea/rock", False),
    (["/tea*price"], "https://x.cn/teaprice", True),
    (["*"], "https://x.cn/", True),
    (["岩茶"], "https://x.cn/%E5%B2%A9%E8%8C%B6", True),
    (["%E5%B2%A9"], "https://x.cn/岩茶", True),
    (["."], "https://xcn/a", False),
    (["?id=1"], "https://x.cn/a?id=1", True),
    (["100%"], "https://x.cn/100%25", True),
    ([" /rock "], "https://x.cn/rock", True),
    (["/rock"], "", False),
]


@pytest.mark.parametrize(("patterns", "url", "there"), PAGES)
def test_an_address_contains_one_of_the_patterns(patterns: list[str], url: str, there: bool) -> None:
    assert on_page(patterns, url) is there
