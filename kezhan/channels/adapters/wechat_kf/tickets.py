"""What is handed from a push to a pull, and from an event to the message that answers it."""

import msgspec
from msgspec import Struct


class Called(Struct, frozen=True, kw_only=True):
    """A callback's token, good for pulling from one service account until `until` (unix seconds)."""

    open_kfid: str = ""
    token: str = ""
    until: float = 0


class Code(Struct, frozen=True, kw_only=True):
    """An event's code, good for one text until `until` (unix seconds)."""

    code: str = ""
    until: float = 0


def called(text: str) -> Called:
    try:
        return msgspec.json.decode(text, type=Called)
    except msgspec.MsgspecError:
        return Called()


def code(text: str) -> Code:
    try:
        return msgspec.json.decode(text, type=Code)
    except msgspec.MsgspecError:
        return Code()


def ticket(of: Called | Code) -> str:
    return msgspec.json.encode(of).decode()
