"""Scripts: what a customer and an agent say to each other, written down as TOML under `scripts/`."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from kezhan.simulate.pictures import PICTURES

Language = Literal["zh-CN", "en"]
Party = Literal["customer", "agent"]
_FOLDER = Path(__file__).parent / "scripts"
_LONG = 60
_PHONE = 500
_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"
_PHONES = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.5 Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 (Linux; Android 15; PJZ110) {_WEBKIT} Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Mobile/15E148 MicroMessenger/8.0.61(0x18003d2d) NetType/WIFI Language/zh_CN",
)
_DESKTOPS = (
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Safari/537.36 Edg/141.0.0.0",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT} Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0",
)


class PageSeen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of the site. `path` begins with `/`, `seconds` is how long the customer stays."""

    path: Annotated[str, Meta(pattern="^/")]
    title: str
    seconds: float = 5


class Card(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the agent writes into the customer's card."""

    name: str = ""
    phone: str = ""
    email: str = ""
    note: str = ""


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One act of one party: exactly one field besides `pause` (seconds of hesitation before it) is set.

    `customer` and `agent` say a text, `…_shows` a picture of `pictures.py`; `…_edits` gives the party's
    last message another wording, `…_recalls` takes it back.
    """

    customer: str = ""
    agent: str = ""
    note: str = ""
    customer_shows: str = ""
    agent_shows: str = ""
    customer_edits: str = ""
    agent_edits: str = ""
    customer_recalls: bool = False
    agent_recalls: bool = False
    page: PageSeen | None = None
    card: Card | None = None
    close: bool = False
    pause: float = 0

    def __post_init__(self) -> None:
        if len(self.acts()) != 1:
            raise ValueError(f"Expected one act, got {self.acts()}")
        shown = self.customer_shows or self.agent_shows
        if shown and shown not in PICTURES:
            raise ValueError(f"No picture is called {shown}")

    def acts(self) -> list[str]:
        return [name for name in self.__struct_fields__ if name != "pause" and getattr(self, name)]

    @property
    def act(self) -> str:
        return self.acts()[0]

    @property
    def by(self) -> Party:
        return "customer" if self.act.startswith("customer") or self.act == "page" else "agent"


class Script(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One conversation. `typing` is the customer's speed in characters per second, `campaign` the query of
    the first page's address."""

    language: Language
    topic: str
    voice: str
    arrives: Annotated[list[PageSeen], Meta(min_length=1)]
    steps: Annotated[list[Step], Meta(min_length=2)]
    referrer: str = ""
    campaign: str = ""
    screen: Annotated[str, Meta(pattern=r"^\d+x\d+$")] = "1440x900"
    typing: Annotated[float, Meta(gt=0)] = 5

    @property
    def browser(self) -> str:
        """The user agent of a device with such a screen."""
        wide = int(self.screen.partition("x")[0]) > _PHONE
        known = _DESKTOPS if wide else _PHONES
        return known[len(self.voice) % len(known)]

    def cut(self, end: Literal["waiting", "open", "closed"]) -> Sequence[Step]:
        """The steps up to where nobody has answered yet, to the customer's last word, or all of them."""
        if end == "closed":
            return self.steps
        if end == "waiting":
            first = next(n for n, step in enumerate(self.steps) if step.by == "agent")
            return self.steps[:first]
        last = max(n for n, step in enumerate(self.steps) if step.by == "customer")
        return self.steps[: last + 1]


@functools.cache
def scripts() -> dict[str, Script]:
    """Every script by the name of its file. Raises ValidationError for one that cannot be played."""
    return {path.stem: read_script(path) for path in sorted(_FOLDER.glob("*.toml"))}


def read_script(path: Path) -> Script:
    """Raises msgspec.ValidationError with the place of the fault."""
    return msgspec.toml.decode(path.read_bytes(), type=Script)


def spoken(language: str) -> list[str]:
    """The names of the scripts in `language` (`zh-CN`, `en` or `both`), the long ones left out."""
    return [
        name
        for name, script in scripts().items()
        if language in {script.language, "both"} and len(script.steps) <= _LONG
    ]
