"""Templates of official accounts and mini-programs: `订单号：{{thing1.DATA}}`, a value for each name.

People fill them in order, {{1}} {{2}} …; the names are learnt from the platform's list and kept.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from kezhan.channels.base import Line, Template, TemplateUse, Turned, Variable
from kezhan.channels.vendors.tencent import api
from kezhan.channels.vendors.tencent.faults import Meanings
from kezhan.channels.vendors.tencent.fields import Fields, lines, word

LANGUAGE = "zh-CN"
_MOST = {
    "thing": 20,
    "number": 32,
    "letter": 32,
    "symbol": 5,
    "character_string": 32,
    "phone_number": 17,
    "car_number": 8,
    "name": 20,
    "phrase": 5,
}
"""Characters a value may have, by the kind that its name begins with; of others the platform says nothing."""
_NUMBER = re.compile(r"\d+$")
_VARIABLE = re.compile(r"\{\{\s*(\w+)\.DATA\s*\}\}")


class Listed(msgspec.Struct, frozen=True):
    """Where the platform lists templates: `path`, the list's field and that of an id in it."""

    path: str
    field: str
    id: str


async def listed(line: Line, at: Listed, meanings: Meanings) -> list[Template]:
    """Every template of the account. Raises Retry, Turned and Expired."""
    return [
        Template(
            name=word(one, at.id),
            language=LANGUAGE,
            text=_numbered(one),
            title=word(one, "title"),
            variables=[_variable(one, name) for name in _names_in(one)],
        )
        for one in await _all(line, at, meanings)
    ]


async def filled(
    line: Line, use: TemplateUse, at: Listed, meanings: Meanings
) -> Mapping[str, Mapping[str, str]]:
    """{"thing1": {"value": "…"}}. Raises Retry, Turned and Expired."""
    names = await _names(line, use.name, at, meanings)
    if len(names) != len(use.values):
        raise Turned(f"the template takes {len(names)} values, not {len(use.values)}")
    return {name: {"value": value} for name, value in zip(names, use.values, strict=True)}


async def _names(line: Line, template: str, at: Listed, meanings: Meanings) -> Sequence[str]:
    key = f"template {template}"
    kept = await line.load(key)
    if kept:
        return msgspec.json.decode(kept, type=list[str])
    for one in await _all(line, at, meanings):
        if word(one, at.id) == template:
            names = _names_in(one)
            await line.save(key, msgspec.json.encode(names).decode())
            return names
    raise Turned("there is no such template", fault="not_allowed")


async def _all(line: Line, at: Listed, meanings: Meanings) -> list[Fields]:
    found = (await api.get(line, at.path, {}, meanings)).get(at.field)
    some = found if isinstance(found, list) else []
    return [one for one in some if isinstance(one, dict) and word(one, at.id)]


def _names_in(one: Fields) -> list[str]:
    """Each once, in the order of the text."""
    return list(dict.fromkeys(_VARIABLE.findall(word(one, "content"))))


def _numbered(one: Fields) -> str:
    """Title and text with numbers for names, as the platform shows them one below the other."""
    names = _names_in(one)
    text = _VARIABLE.sub(lambda found: f"{{{{{names.index(found[1]) + 1}}}}}", word(one, "content"))
    return lines(word(one, "title"), text)


def _variable(one: Fields, name: str) -> Variable:
    """What stands before it on its line says what it means, and the template's example what it may be."""
    content = word(one, "content")
    before = re.search(rf"^(.*)\{{\{{\s*{name}\.DATA\s*\}}\}}", content, re.MULTILINE)
    label = before[1].rpartition("}}")[2].strip(" \t：:，,") if before else ""
    lines_there = word(one, "example").splitlines()
    shown = next((line for line in lines_there if label and line.strip().startswith(label)), "")
    return Variable(
        label=label,
        example=shown.strip().removeprefix(label).strip(" \t：:"),
        most=_MOST.get(_NUMBER.sub("", name)),
    )
