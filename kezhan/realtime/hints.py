"""What processes tell each other of connections. Rooms above add hints of their own kind."""

from uuid import UUID

import msgspec


class Hint(msgspec.Struct, frozen=True, kw_only=True, tag_field="hint", omit_defaults=True):
    """Told to every other process: ids and small facts. Each subclass has its own tag."""


class Hello(Hint, frozen=True, kw_only=True, tag="hello"):
    """I have just begun to listen: everybody tell me who is with you."""


class Here(Hint, frozen=True, kw_only=True, tag="here"):
    """I am alive."""


class Bye(Hint, frozen=True, kw_only=True, tag="bye"):
    """I end, and everything of mine has been told."""


class Silent(Hint, frozen=True, kw_only=True, tag="silent"):
    """I took myself to be alone and have told nothing so far: whoever was there may have missed it."""


class Parties(Hint, frozen=True, kw_only=True, tag="parties"):
    """Of one workspace and kind: who has come to me, who has gone."""

    workspace_id: UUID
    kind: str
    came: list[UUID] = []
    went: list[UUID] = []


class RosterBegins(Hint, frozen=True, kw_only=True, tag="roster"):
    """All who are with me follow, as `Parties`."""


class RosterEnds(Hint, frozen=True, kw_only=True, tag="rostered"):
    """That was all of them: whoever was not among them is not with me."""


class Said(Hint, frozen=True, kw_only=True, tag="said"):
    """A frame that is stored nowhere, for those who listen to one of these topics: plain, and `hidden` as
    whoever reads nothing sensitive has it. `conversation_id`: in which it was said."""

    topics: list[str]
    frame: msgspec.Raw
    hidden: msgspec.Raw = msgspec.Raw(b"")
    conversation_id: UUID | None = None


class Touched(Hint, frozen=True, kw_only=True, tag="touched"):
    """What a live list of the workspace shows has changed."""

    topic: str
    workspace_id: UUID


class Ended(Hint, frozen=True, kw_only=True, tag="ended"):
    """The sockets that listen to `topic` are to close with this code."""

    topic: str
    code: int
