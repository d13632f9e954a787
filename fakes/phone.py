"""What the customer's phone shows, and what she does with it."""

import time
from typing import Any, NamedTuple

from msgspec import Struct


class Words(NamedTuple):
    """One text in both languages."""

    zh: str
    en: str


class Said(Struct, kw_only=True):
    """What a customer sends. `kind` as the platform's `kinds` list; `more` holds what only some kinds have
    (latitude, longitude, title, url, payload …)."""

    kind: str = "text"
    text: str = ""
    data: bytes = b""
    name: str = ""
    media_type: str = ""
    quote: str = ""
    more: dict[str, str] = {}


class Choice(Struct, kw_only=True):
    """Something to tap below a message: a button, an entry of a menu."""

    id: str
    label: str


class Shown(Struct, kw_only=True):
    """One message on the phone, with a `title` where it is a mail. `by`: customer, us, platform. `fate` of
    the customer's own: on its way, delivered, lost; of ours: shown, read, failed; of both: recalled. `file`
    is an id of `Platform.files`."""

    id: str
    by: str
    kind: str
    title: str = ""
    text: str = ""
    file: str = ""
    name: str = ""
    quote: str = ""
    at: float
    fate: str = "shown"
    edited: bool = False
    choices: list[Choice] = []
    raw: Any = None
    """What was sent to the platform, for tests."""


class File(Struct, kw_only=True):
    """Bytes a platform keeps, until its clock says `until`."""

    data: bytes
    media_type: str
    name: str = ""
    until: float = float("inf")


class Phone(Struct, kw_only=True):
    """One customer and her chat with the account."""

    id: str
    name: str
    chat: list[Shown] = []
    typing_until: float = 0
    notes: dict[str, Any] = {}
    """What a platform has to remember of her: windows, sessions, follows."""

    def show(self, id: str, by: str, kind: str, text: str = "", **more: Any) -> Shown:
        shown = Shown(id=id, by=by, kind=kind, text=text, at=time.time(), **more)
        self.chat.append(shown)
        return shown

    def find(self, id: str) -> Shown | None:
        return next((shown for shown in self.chat if shown.id == id), None)


class Box(Struct, kw_only=True):
    """One field of a form on the page; `make` gives what stands in it at first."""

    name: str
    label: Words
    help: Words = Words("", "")
    value: str = ""
    options: list[str] = []


class Act(Struct, kw_only=True):
    """Something else a customer can do; `on` is "message" where it is done to one of the chat (its id is
    given as `message`), else "customer"."""

    name: str
    label: Words
    on: str = "customer"
    boxes: list[Box] = []
