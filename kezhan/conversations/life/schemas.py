"""What is decided of the life of a channel's conversations."""

from typing import Annotated

from msgspec import Meta, Struct

Line = Annotated[str, Meta(max_length=1000)]
Minutes = Annotated[int, Meta(ge=1, le=10_080)]
MOST_HOURS = 720


class ReplyTexts(Struct, frozen=True, kw_only=True):
    """The same for readers of Chinese and of English. Where one is empty the other is for everybody; where
    both are, nothing is said."""

    zh: Line = ""
    en: Line = ""

    def __bool__(self) -> bool:
        return bool(self.zh or self.en)


class LifeRules(Struct, frozen=True, kw_only=True):
    """Of one channel. `idle`: a customer who has said nothing for `warn_minutes` after our last word is
    warned (`{minutes}`: how long she has), and after `close_minutes` more her conversation ends.
    `reopen_hours`: for how long after its end she comes back into the same conversation; 0: never."""

    v: int = 1
    idle: bool = False
    warn_minutes: Minutes = 10
    close_minutes: Minutes = 5
    warning: ReplyTexts = ReplyTexts()
    closing: ReplyTexts = ReplyTexts()
    reopen_hours: Annotated[int, Meta(ge=0, le=MOST_HOURS)] = 0
