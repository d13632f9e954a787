"""The data of a filter. What a later version adds is unknown here, and refused rather than passed over."""

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, Struct

from kezhan.contacts.schemas import AttributeName
from kezhan.forms.schemas import Key
from kezhan.kit.masking import Said

MAX_GROUPS = 5
MAX_IN_GROUP = 10
MAX_CONDITIONS = 20
MAX_MINUTES = 366 * 24 * 60

Value = Annotated[str, Meta(max_length=100)]
SaidValue = Annotated[Said, Meta(max_length=100)]
Join = Literal["all", "any"]


class ChoiceField(StrEnum):
    """What is one of several: ids, kinds or words. `account` is the channel; `source` the code,
    advertisement, link or door by which the customer came. The contact's own: `language`, `tier`, `owner`,
    `contact_tag`, `company`, what she has ever come by (`contact_channel`, `contact_account`), `segment`."""

    STATE = "state"
    CHANNEL = "channel"
    ACCOUNT = "account"
    TEAM = "team"
    ASSIGNEE = "assignee"
    LANGUAGE = "language"
    TIER = "tier"
    OWNER = "owner"
    TAG = "tag"
    CONTACT_TAG = "contact_tag"
    SOURCE = "source"
    COMPANY = "company"
    CONTACT_CHANNEL = "contact_channel"
    CONTACT_ACCOUNT = "contact_account"
    SEGMENT = "segment"


class FactField(StrEnum):
    """What is so or is not. `guest`: the reader has been invited in; `rated`: a survey was answered. Of the
    contact: one of her identities is `verified`, an address or a number of hers is known."""

    PARKED = "parked"
    WAITING = "waiting"
    UNREAD = "unread"
    GUEST = "guest"
    SPAM = "spam"
    RATED = "rated"
    VERIFIED = "verified"
    HAS_EMAIL = "has_email"
    HAS_PHONE = "has_phone"


class MomentField(StrEnum):
    """`wake_at` lies ahead, all others behind. Of the contact: when she was last here, and first."""

    WAITING_SINCE = "waiting_since"
    ACTIVE_AT = "active_at"
    OPENED_AT = "opened_at"
    CLOSED_AT = "closed_at"
    WAKE_AT = "wake_at"
    SEEN_AT = "seen_at"
    MET_AT = "met_at"


class SaidField(StrEnum):
    """The contact's words."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    NOTE = "note"


class FigureField(StrEnum):
    """`priority`: of its place in the queue; `csat`, `nps`: of the customer's answer. Of the contact: how
    many conversations she has had, and what her newest answer to a survey says."""

    PRIORITY = "priority"
    MESSAGES = "messages"
    CSAT = "csat"
    NPS = "nps"
    CONVERSATIONS = "conversations"
    LAST_CSAT = "last_csat"
    LAST_NPS = "last_nps"


class AnswerWay(StrEnum):
    """How an answer or an attribute is looked at. `least` and `most` are numbers."""

    ANY_OF = "any_of"
    HAS = "has"
    LEAST = "least"
    MOST = "most"
    YES = "yes"
    GIVEN = "given"


CONTACT_FIELDS: frozenset[StrEnum] = frozenset(
    {
        ChoiceField.LANGUAGE, ChoiceField.TIER, ChoiceField.OWNER, ChoiceField.CONTACT_TAG,
        ChoiceField.COMPANY, ChoiceField.CONTACT_CHANNEL, ChoiceField.CONTACT_ACCOUNT, ChoiceField.SEGMENT,
        FactField.VERIFIED, FactField.HAS_EMAIL, FactField.HAS_PHONE, MomentField.SEEN_AT,
        MomentField.MET_AT, FigureField.CONVERSATIONS, FigureField.LAST_CSAT, FigureField.LAST_NPS,
        *SaidField,
    }
)  # fmt: skip
"""What is about customers; own fields and attributes are too, all else is about conversations."""


class _Condition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="is"):
    """`without`: where it does not hold."""

    without: bool = False


class AnyOf(_Condition, frozen=True, kw_only=True, tag="any_of"):
    """`values` name ids or words; besides, of people `me` and `nobody`, of teams `mine` and `none`, of a
    language, tier or source the empty word for none."""

    field: ChoiceField
    values: Annotated[list[Value], Meta(min_length=1, max_length=50)]


class Holds(_Condition, frozen=True, kw_only=True, tag="holds"):
    field: FactField


class Age(_Condition, frozen=True, kw_only=True, tag="age"):
    """Within so many minutes of now; `without`: further away. What has no such moment is neither."""

    field: MomentField
    minutes: Annotated[int, Meta(ge=1, le=MAX_MINUTES)]


class Contains(_Condition, frozen=True, kw_only=True, tag="contains"):
    field: SaidField
    text: Annotated[Said, Meta(min_length=1, max_length=100, pattern=r"\S")]


class Between(_Condition, frozen=True, kw_only=True, tag="between"):
    """Both ends are in."""

    field: FigureField
    least: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    most: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None


class AnswerIs(_Condition, frozen=True, kw_only=True, tag="answer"):
    """Of a wrap-up that is done, by its field's id."""

    field: Key
    way: AnswerWay
    values: Annotated[list[SaidValue], Meta(max_length=50)] = []


class AttributeIs(_Condition, frozen=True, kw_only=True, tag="attribute"):
    """What the host site tells of the contact, by its name."""

    field: AttributeName
    way: AnswerWay
    values: Annotated[list[SaidValue], Meta(max_length=50)] = []


class FieldIs(_Condition, frozen=True, kw_only=True, tag="field"):
    """What a field of the workspace's own, by its id, says of the contact; false for who may not read it."""

    field: Key
    way: AnswerWay
    values: Annotated[list[SaidValue], Meta(max_length=50)] = []


Condition = AnyOf | Holds | Age | Contains | Between | AnswerIs | AttributeIs | FieldIs


class FilterGroup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    join: Join = "all"
    conditions: Annotated[list[Condition], Meta(min_length=1, max_length=MAX_IN_GROUP)]


class Filter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No groups: everything. Spam is left out of conversations where nothing asks for it."""

    v: Literal[1] = 1
    join: Join = "all"
    groups: Annotated[list[FilterGroup], Meta(max_length=MAX_GROUPS)] = []


def conditions_of(wanted: Filter) -> list[Condition]:
    return [each for group in wanted.groups for each in group.conditions]


def about_contact(condition: Condition) -> bool:
    """Whether it says something of a customer, and not of a conversation."""
    if isinstance(condition, AttributeIs | FieldIs):
        return True
    return not isinstance(condition, AnswerIs) and condition.field in CONTACT_FIELDS


class FilterOption(Struct, frozen=True, kw_only=True):
    value: str
    label: str


class AnswerField(Struct, frozen=True, kw_only=True):
    """A field that a wrap-up form asks for; `kind` as in forms. The choices of a tree are its leaves."""

    id: str
    kind: str
    label: str
    choices: list[FilterOption]


class FilterWords(Struct, frozen=True, kw_only=True):
    """What a workspace's conditions can name, beside its people, teams and channels."""

    languages: list[str]
    tiers: list[str]
    sources: list[str]
    attributes: list[str]
    answers: list[AnswerField]
    fields: list[AnswerField]
    """Of the workspace's own about contacts, those that the reader may see."""
    companies: list[FilterOption]
    segments: list[FilterOption]
