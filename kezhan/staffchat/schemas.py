"""What crosses the wire: rooms, messages, and the frames that tell of them."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.conversations.schemas import ClientId, FilePayload, Number, Text
from kezhan.kit.clock import Instant
from kezhan.kit.masking import SAID, Said
from kezhan.realtime.schemas import Frame

RoomKind = Literal["direct", "group", "team", "everyone"]
Name = Annotated[str, Meta(min_length=1, max_length=60)]
GROUP = 200
"""People in one group, at most."""
Chosen = Annotated[list[UUID], Meta(max_length=GROUP - 1)]
Named = Annotated[list[UUID], Meta(max_length=50)]


class DirectForm(Struct, frozen=True, kw_only=True, tag="direct", tag_field="kind"):
    member_id: UUID


class GroupForm(Struct, frozen=True, kw_only=True, tag="group", tag_field="kind"):
    """`client_id`: the same request again answers the same group."""

    client_id: ClientId
    name: Name
    member_ids: Annotated[Chosen, Meta(min_length=1)]


class TeamForm(Struct, frozen=True, kw_only=True, tag="team", tag_field="kind"):
    team_id: UUID


class EveryoneForm(Struct, frozen=True, kw_only=True, tag="everyone", tag_field="kind"):
    pass


RoomForm = DirectForm | GroupForm | TeamForm | EveryoneForm


class StaffRoomName(Struct, frozen=True, kw_only=True):
    name: Name


class StaffMuting(Struct, frozen=True, kw_only=True):
    muted: bool


class StaffReading(Struct, frozen=True, kw_only=True):
    seq: Number


class StaffSend(Struct, frozen=True, kw_only=True):
    """A message: words, an uploaded file, or the link to a conversation the sender sees; words may stand
    beside either. `client_id`: the same again is stored once."""

    client_id: ClientId
    body: Text = ""
    file_id: UUID | None = None
    quote_seq: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    conversation_id: UUID | None = None
    mentions: Named = []


class StaffWording(Struct, frozen=True, kw_only=True):
    body: Text


class StaffAck(Struct, frozen=True, kw_only=True):
    """`from_rev` is where the room stood before; of a repeat it is `rev`."""

    room_id: UUID
    client_id: str
    seq: int
    from_rev: int
    rev: int
    at: Instant
    repeated: bool = False


class StaffEvent(Struct, frozen=True, kw_only=True, tag="event", tag_field="is", omit_defaults=True):
    """What happened in a group, by the author of the message, to `member_ids`; `name`: what it is called."""

    v: int = 1
    event: Literal["opened", "added", "removed", "left", "renamed"]
    member_ids: list[UUID] = []
    name: str = ""


class StaffMessage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A recalled one keeps its place and nothing else. `conversation_id` is no right to see it."""

    seq: int
    rev: int
    author_id: UUID
    kind: Literal["text", "image", "file", "event"]
    at: Instant
    client_id: str
    body: Said = ""
    payload: Annotated[FilePayload | StaffEvent | None, SAID] = None
    quote_seq: int | None = None
    conversation_id: UUID | None = None
    mentions: list[UUID] = []
    edited_at: Instant | None = None
    recalled_at: Instant | None = None


class StaffRoom(Struct, frozen=True, kw_only=True):
    """A room as its member has it in her list. `other_id`: with whom a direct one is. `from_seq`: she reads
    what comes after it. `last` is None where nothing has been said that she reads."""

    id: UUID
    kind: RoomKind
    name: str
    team_id: UUID | None
    other_id: UUID | None
    opened_by: UUID
    rev: int
    last_seq: int
    from_seq: int
    read_seq: int
    mentioned: bool
    muted: bool
    last_at: Instant
    last: StaffMessage | None


class StaffPerson(Struct, frozen=True, kw_only=True):
    """`gone`: no member any more, or not of those who talk here; what she has said stays."""

    id: UUID
    name: str
    gone: bool


class StaffTeam(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str


class StaffRooms(Struct, frozen=True, kw_only=True):
    """The caller's rooms, the latest first; her teams; everybody's names."""

    rooms: list[StaffRoom]
    teams: list[StaffTeam]
    people: list[StaffPerson]


class StaffMark(Struct, frozen=True, kw_only=True):
    """Somebody in the room, and how far she has read."""

    member_id: UUID
    read_seq: int


class StaffSnapshot(Struct, frozen=True, kw_only=True):
    """`whole`: the messages are the newest page; else they are all that have changed since the rev asked."""

    room: StaffRoom
    members: list[StaffMark]
    messages: list[StaffMessage]
    whole: bool


class StaffChanged(Frame, frozen=True, kw_only=True, tag="staff_changed"):
    """What has changed in a room in (from_rev, rev]; who stands below `from_rev` lacks something and asks."""

    room_id: UUID
    from_rev: int
    rev: int
    messages: list[StaffMessage]


class StaffRead(Frame, frozen=True, kw_only=True, tag="staff_read"):
    """How far a member has read; of the announcements everybody hears only of herself."""

    room_id: UUID
    member_id: UUID
    read_seq: int


class StaffTyping(Frame, frozen=True, kw_only=True, tag="staff_typing"):
    """A colleague writes just now."""

    room_id: UUID
    member_id: UUID


class StaffRoomsMoved(Frame, frozen=True, kw_only=True, tag="staff_rooms"):
    """Read the list of rooms afresh, and what is open of them."""
