"""The templates that may open a conversation, as the business account lists them."""

import re
from typing import Any

import msgspec
from msgspec import Struct

from kezhan.channels.adapters.whatsapp.blanks import Blank, Shape
from kezhan.channels.base import Header, Line, Template, Turned, Variable
from kezhan.channels.vendors.meta.graph import call

_PAGE = 100
_PAGES = 20
_VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_MOST_SHAPE = 4000
_HEADERS: dict[str, Header] = {"": "", "TEXT": "", "IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document"}
"""By format; of another kind, as a place, none can be given here."""
_PARTS = ("HEADER", "BODY", "FOOTER", "BUTTONS")
_BUTTONS = frozenset({"QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE"})


class Button(Struct, frozen=True):
    type: str
    text: str = ""
    url: str = ""
    phone_number: str = ""
    example: Any = None


class Component(Struct, frozen=True):
    type: str
    format: str = ""
    text: str = ""
    buttons: list[Button] = []
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
    """The approved ones that can be filled with words and a file."""
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
    read = [_read(one) for one in found if one.status == "APPROVED"]
    return [one for one in read if one is not None]


class _Reading:
    """One template on its way from the platform's components to a text with numbered variables."""

    def __init__(self) -> None:
        self.blanks: list[Blank] = []
        self.variables: list[Variable] = []

    def words(self, part: Component) -> str:
        """Of a part that people read. Raises ValueError where its variables are neither 1, 2 … nor names, or
        where there may be none."""
        names, examples = [*dict.fromkeys(_VARIABLE.findall(part.text))], _examples(part)
        positions = [str(at) for at in range(1, len(names) + 1)]
        if names and part.type not in {"HEADER", "BODY"}:
            raise ValueError("nothing can be filled in here")
        if all(name.isdecimal() for name in names):
            if sorted(names) != sorted(positions):
                raise ValueError("positions are left out")
            where = {
                name: self._blank(part.type, Variable(example=examples.get(name, ""))) for name in positions
            }
        else:
            where = {
                name: self._blank(part.type, Variable(label=name, example=examples.get(name, "")), name=name)
                for name in names
            }
        return _VARIABLE.sub(lambda found: f"{{{{{where[found[1]]}}}}}", part.text)

    def button(self, button: Button, at: int) -> str:
        """Its line. Raises ValueError for one that wants something else."""
        if button.type not in _BUTTONS:
            raise ValueError("a button of another kind")
        given = button.example[0] if isinstance(button.example, list) and button.example else button.example
        example = given if isinstance(given, str) else ""
        below = button.phone_number or button.url
        if button.type == "COPY_CODE":
            below = f"{{{{{self._blank(button.type, Variable(label=button.text, example=example), at=at)}}}}}"
        elif _VARIABLE.search(below):
            # The example is the whole address, and what is filled in is its end.
            begin, _, _ = below.partition("{{")
            told = Variable(label=button.text, example=example.removeprefix(begin))
            below = f"{begin}{{{{{self._blank(button.type, told, at=at)}}}}}"
        return " ".join(part for part in ("▸", button.text, below) if part)

    def _blank(self, where: str, told: Variable, *, name: str = "", at: int = 0) -> int:
        """The variable's number in the whole template."""
        self.blanks.append(Blank(where=where.lower(), name=name, at=at))
        self.variables.append(told)
        return len(self.blanks)


def _read(template: TemplateIn) -> Template | None:
    """Header, body, footer and buttons, one below the other; None where something would have to be given that
    is neither words nor a file."""
    reading, lines = _Reading(), list[str]()
    parts = {part.type: part for part in template.components}
    if not parts.keys() <= set(_PARTS) or not parts.get("BODY", Component("")).text:
        return None
    try:
        header = _HEADERS[parts.get("HEADER", Component("")).format]
        for part in (parts[kind] for kind in _PARTS if kind in parts):
            lines.append(reading.words(part))
            lines += [reading.button(one, at) for at, one in enumerate(part.buttons)]
    except (KeyError, ValueError):
        return None
    shape = msgspec.json.encode(Shape(header=header, blanks=reading.blanks)).decode()
    if len(shape) > _MOST_SHAPE:
        return None
    return Template(
        name=template.name,
        language=template.language,
        text="\n".join(line for line in lines if line),
        category=template.category,
        variables=reading.variables,
        header=header,
        shape=shape,
    )


def _examples(part: Component) -> dict[str, str]:
    """By name, the values it was handed in with: {"body_text": [["小满", "A1"]]}, {"header_text": ["A1"]}, or
    {"body_text_named_params": [{"param_name": "name", "example": "小满"}]}."""
    given: Any = part.example or {}
    found: dict[str, str] = {}
    for one in _listed(given.get(f"{part.type.lower()}_text_named_params")):
        if isinstance(one, dict) and isinstance(one.get("example"), str):
            found[str(one.get("param_name"))] = one["example"]
    row = _listed(given.get(f"{part.type.lower()}_text"))
    row = row[0] if row and isinstance(row[0], list) else row
    return found | {str(at): one for at, one in enumerate(row, 1) if isinstance(one, str)}


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []
