"""What crosses the wire and the room."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct, field

from kezhan.contacts.schemas import ContactEdit
from kezhan.forms.schemas import Key
from kezhan.kit.clock import Instant
from kezhan.kit.masking import Said
from kezhan.segments.filters.schemas import Filter

MAX_RULES = 50
"""Of a workspace, those removed left out."""
MAX_NAME = 40
MAX_WORDS = 20
MAX_WORD = 60
MAX_TAGS = 5
DAYS = 7
"""So far back a preview looks."""

PROFILE = frozenset(ContactEdit.__struct_fields__) - {"fields"}
"""What can be edited of every customer; fields of the workspace's own stand beside these."""

Word = Annotated[Said, Meta(min_length=1, max_length=MAX_WORD, pattern=r"\S")]
Grade = Annotated[int, Meta(ge=0, le=10)] | None
Tags = Annotated[list[UUID], Meta(max_length=MAX_TAGS)]


class _Cause(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="is"):
    """Something that happens with one customer."""


class Opened(_Cause, frozen=True, kw_only=True, tag="opened"):
    """Her first conversation is opened."""


class Closed(_Cause, frozen=True, kw_only=True, tag="closed"):
    """A conversation of hers is closed, and does not go on in another one."""


class Wrote(_Cause, frozen=True, kw_only=True, tag="wrote"):
    """A message of hers holds one of these words, found as sensitive words are."""

    words: Annotated[list[Word], Meta(min_length=1, max_length=MAX_WORDS)]


class Rated(_Cause, frozen=True, kw_only=True, tag="rated"):
    """She answers a survey, or changes her answer. Both ends are in; satisfaction goes from 1 to 5, the other
    from 0 to 10."""

    scale: Literal["csat", "nps"] = "csat"
    least: Grade = None
    most: Grade = None


class Edited(_Cause, frozen=True, kw_only=True, tag="edited"):
    """A field of hers is changed by hand or by a program: one of `ContactEdit`, or by id one of the
    workspace's own."""

    field: Key


Cause = Opened | Closed | Wrote | Rated | Edited


class RuleBody(Struct, frozen=True, kw_only=True):
    """When `when` happens with a customer of whom `filter` holds, `puts` are put on her and `takes` taken
    off. What one rule would put on and another take off by the same event stays as it is."""

    v: Literal[1] = 1
    when: Cause
    filter: Filter = field(default_factory=Filter)
    puts: Tags = []
    takes: Tags = []


class TagRuleForm(Struct, frozen=True, kw_only=True):
    name: Annotated[str, Meta(max_length=MAX_NAME)]
    active: bool = True
    body: RuleBody


class TagRuleEdit(TagRuleForm, frozen=True, kw_only=True):
    """`version` is the one that was seen."""

    version: int


class TagRule(Struct, frozen=True, kw_only=True):
    """`body` null: of a later version, which nothing carries out, or (`hidden`) it tests what is masked from
    the reader."""

    id: UUID
    name: str
    active: bool
    body: RuleBody | None
    hidden: bool
    version: int
    updated_at: Instant


class TagRuleList(Struct, frozen=True, kw_only=True):
    """By name."""

    items: list[TagRule]
    limit: int = MAX_RULES


class RuleTrial(Struct, frozen=True, kw_only=True):
    """What of a rule says whom it touches."""

    when: Cause
    filter: Filter = field(default_factory=Filter)


class RulePreview(Struct, frozen=True, kw_only=True):
    """With how many customers of whom the conditions hold by now it happened in the last `days`; `complete`
    false: the newest messages alone have been looked through, there may be more."""

    count: int
    complete: bool
    days: int = DAYS
