"""Templates: listed with numbers, filled by names, the names asked for once."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from kezhan.channels.adapters.wechat_oa import fake
from kezhan.channels.base import Template, TemplateUse, Turned, Variable
from kezhan.channels.tests.contract import line
from kezhan.channels.tests.platform import Answer, Platform, platform
from kezhan.channels.vendors.tencent.faults import OFFICIAL
from kezhan.channels.vendors.tencent.templates import Listed, filled, listed
from kezhan.kit.fetch import guarded_client

AT = Listed("/list", "data", "id")
ONE = {
    "id": "t1",
    "title": "到货",
    "content": "{{thing1.DATA}}\n时间：{{ time2.DATA }}\n再来：{{thing1.DATA}}",
    "example": "龙井\n时间：今天 10:00\n再来：龙井",
}


@pytest.fixture
async def place() -> AsyncIterator[Platform]:
    async with platform() as place:
        yield place


async def ask(place: Platform, what: Any, *given: Any, data: Any, **kept: str) -> Any:
    place.answers.append(Answer(200, msgspec.json.encode({"data": data})))
    async with guarded_client(allow_private_hosts=True) as http:
        return await what(line(fake.account(place.url), http, b"", **kept), *given, AT, OFFICIAL)


async def test_they_are_listed_with_numbers_for_names(place: Platform) -> None:
    found = await ask(place, listed, data=[ONE, {"title": "no id"}, 5])
    text = "到货\n{{1}}\n时间：{{2}}\n再来：{{1}}"
    variables = [Variable(label="", most=20), Variable(label="时间", example="今天 10:00")]
    assert found == [Template(name="t1", language="zh-CN", text=text, title="到货", variables=variables)]
    assert await ask(place, listed, data=None) == []


async def test_a_template_we_know_is_not_asked_for_again(place: Platform) -> None:
    kept = {"template t1": '["thing1","time2"]'}
    found = await ask(
        place, filled, TemplateUse(name="t1", language="", values=["a", "b"]), data=[ONE], **kept
    )
    assert found == {"thing1": {"value": "a"}, "time2": {"value": "b"}}
    assert not place.heard


@pytest.mark.parametrize(
    ("name", "values", "why"), [("t1", ["a"], "takes 2 values, not 1"), ("t2", [], "no such template")]
)
async def test_a_wrong_one_is_turned(name: str, values: list[str], why: str, place: Platform) -> None:
    with pytest.raises(Turned, match=why):
        await ask(place, filled, TemplateUse(name=name, language="", values=values), data=[ONE])
