"""The templates that may open a conversation, as the business account lists them."""

import re
from typing import Any

from msgspec import Struct

from kezhan.channels.base import Line, Template, Turned, Variable
from kezhan.channels.vendors.meta.graph import call

_PAGE = 100
_PAGES = 20
_VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


class Component(Struct, frozen=True):
    type: str
    format: str = ""
    text: str = ""
    buttons: list[dict[str, object]] = []
    example: dict[str, Any] | None = None


class TemplateIn(Struct, frozen=True):
    name: str
    language: str
    status: str = ""
    category: str = ""
    components: list[Component] = []


class Cursors(Struct, frozen=True):
    after: str = ""


class Paging(Struct, frozen=True):
    cursors: Cursors = Cursors()
    next: str = ""


class Page(Struct, frozen=True):
    data: list[TemplateIn] = []
    paging: Paging = Paging()


async def templates(line: Line) -> list[Template]:
    """The approved ones whose variables all stand in their body, in order."""
    settings, token = line.account.settings, line.account.secrets.access_token
    if not settings.business_id:
        raise Turned("no business account is set", fault="not_allowed")
    path, after, found = f"{settings.business_id}/message_templates", "", list[TemplateIn]()
    for _ in range(_PAGES):
        query = {"fields": "name,language,status,category,components", "limit": str(_PAGE)}
        page = await call(
            line, "GET", path, Page, token=token, query={**query, "after": after} if after else query
        )
        found += page.data
        after = page.paging.cursors.after
        if not page.paging.next or not after:
            break
    return [
        Template(
            name=one.name, language=one.language, text=text, category=one.category, variables=_examples(one)
        )
        for one in found
        if one.status == "APPROVED" and (text := _text(one))
    ]


def _text(template: TemplateIn) -> str:
    """Header, body and footer, one below the other; empty where something besides the body would have to be
    filled in."""
    shown = {"HEADER": "", "BODY": "", "FOOTER": ""}
    for part in template.components:
        if part.type in shown:
            shown[part.type] = part.text
        if part.type == "BODY":
            continue
        if part.format not in {"", "TEXT"} or "{{" in part.text or "{{" in str(part.buttons):
            return ""
    names = list(dict.fromkeys(_VARIABLE.findall(shown["BODY"])))
    if not shown["BODY"] or sorted(names) != sorted(str(one) for one in range(1, len(names) + 1)):
        return ""
    body = _VARIABLE.sub(lambda found: f"{{{{{found[1]}}}}}", shown["BODY"])
    return "\n".join(one for one in (shown["HEADER"], body, shown["FOOTER"]) if one)


def _examples(template: TemplateIn) -> list[Variable]:
    """The values it was handed in with, [["小满", "A1"]], as far as they are there."""
    given = next((part.example for part in template.components if part.type == "BODY"), None) or {}
    found: Any = given.get("body_text")
    while isinstance(found, list) and found and isinstance(found[0], list):
        found = found[0]
    values = found if isinstance(found, list) else []
    return [Variable(example=one if isinstance(one, str) else "") for one in values]
