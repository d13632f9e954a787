"""Templates: what an account's console lists, and how a message fills one."""

import re
from typing import Any, NamedTuple

from fakes.wechat.envelope import refuse

_PLACE = re.compile(r"\{\{(\w+)\.DATA\}\}")
_MOST = {"thing": 20, "character_string": 32, "phrase": 5}
_TEXTS = (
    (
        "订单发货通知",
        "订单号：{{character_string1.DATA}}\n商品：{{thing2.DATA}}\n状态：{{phrase3.DATA}}\n",
        "订单号：20261122001\n商品：明前龙井 250 克\n状态：已发货\n",
    ),
    (
        "预约提醒",
        "门店：{{thing1.DATA}}\n时间：{{time2.DATA}}\n备注：{{thing3.DATA}}\n",
        "门店：西湖店\n时间：2026年11月23日 10:00\n备注：请提前十分钟到店\n",
    ),
)


class Listed(NamedTuple):
    """A template of the account: its text has places as `{{thing1.DATA}}`."""

    id: str
    title: str
    content: str
    example: str


def listed(ids: str) -> list[Listed]:
    """The templates of these ids, parted by commas."""
    found = [one.strip() for one in ids.split(",") if one.strip()]
    return [Listed(id, *_TEXTS[number % len(_TEXTS)]) for number, id in enumerate(found)]


def filled(ids: str, body: dict[str, Any]) -> str:
    """The text she reads, title first."""
    found = next((one for one in listed(ids) if one.id == body.get("template_id")), None)
    if found is None:
        refuse(40037)
    data = body.get("data")
    if not isinstance(data, dict):
        refuse(47003)

    def value(place: re.Match[str]) -> str:
        name = place[1]
        given = data.get(name)
        text = given.get("value") if isinstance(given, dict) else None
        if not isinstance(text, str) or not text.strip():
            refuse(47003, f"data.{name}.value is empty")
        most = _MOST.get(name.rstrip("0123456789"))
        if most is not None and len(text) > most:
            refuse(47003, f"data.{name}.value invalid")
        return text

    return f"{found.title}\n{_PLACE.sub(value, found.content)}".strip()
