"""What crosses the wire and the room."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.kit.clock import Instant
from kezhan.kit.masking import Said

MAX_SURVEYS = 50
MAX_OWN = 5
MAX_COMMENT = 1000

Line = Annotated[str, Meta(max_length=500)]
Key = Annotated[str, Meta(pattern=r"^[a-z0-9]{1,12}$")]
Ids = Annotated[list[UUID], Meta(max_length=100)]
Comment = Annotated[str, Meta(max_length=MAX_COMMENT)]
QuestionKind = Literal["csat", "resolved", "nps", "text", "one", "many"]
Look = Literal["stars", "faces"]
Via = Literal["widget", "page", "message"]
Language = Literal["zh-CN", "en"]


class SurveyTexts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text in both languages; a reader of the language left empty gets the other."""

    zh: Line = ""
    en: Line = ""


class SurveyQuestion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`csat` from 1 to 5, `resolved` 1 for yes and 0 for no, `nps` from 0 to 10; `text`, `one`, `many` are
    the workspace's own, the last two with `options`. `key` names it in answers."""

    key: Key
    kind: QuestionKind
    text: SurveyTexts = SurveyTexts()
    options: Annotated[list[SurveyTexts], Meta(max_length=10)] = []


class Wording(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said on one channel instead; an empty text leaves the usual one."""

    account_id: UUID
    ask: SurveyTexts = SurveyTexts()
    thanks: SurveyTexts = SurveyTexts()


class SurveyDefinition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom it is for (empty: everybody), what is asked, how and for how long. `automatic`: customers are
    invited when their conversation ends, but for the channels in `by_hand_on`. On channels where nothing can
    be drawn `numbers` tells what to answer and `link` leads to a page. Where the answer is bad (`bad_csat`
    stars or fewer, not resolved, 0–6) `follow_up` asks for somebody to call: `follow_id`, or (null) the
    one who served last."""

    v: Literal[1] = 1
    account_ids: Ids = []
    team_ids: Ids = []
    automatic: bool = True
    by_hand_on: Ids = []
    hours: Annotated[int, Meta(ge=1, le=720)] = 72
    look: Look = "stars"
    questions: Annotated[list[SurveyQuestion], Meta(min_length=1, max_length=8)]
    comment: bool = True
    ask: SurveyTexts = SurveyTexts()
    thanks: SurveyTexts = SurveyTexts()
    wordings: Annotated[list[Wording], Meta(max_length=100)] = []
    numbers: bool = True
    link: bool = True
    follow_up: bool = True
    bad_csat: Annotated[int, Meta(ge=1, le=4)] = 2
    follow_id: UUID | None = None


class SurveyForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=60, pattern=r"\S")]
    active: bool = True
    definition: SurveyDefinition


class SurveyView(Struct, frozen=True, kw_only=True):
    """`invited` and `answered` of the last 30 days."""

    id: UUID
    name: str
    active: bool
    version: int
    definition: SurveyDefinition
    created_at: Instant
    invited: int
    answered: int


class SurveyList(Struct, frozen=True, kw_only=True):
    items: list[SurveyView]


class NamedSurvey(Struct, frozen=True):
    """For the audit log."""

    name: str
    active: bool
    version: int
    v: int = 1


# Answers


class SurveyReply(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """To one question: `number` for csat, resolved and nps; `text`; `chosen`: places of options, from 0."""

    key: Key
    number: Annotated[int, Meta(ge=0, le=10)] | None = None
    text: Line = ""
    chosen: Annotated[list[Annotated[int, Meta(ge=0, le=9)]], Meta(max_length=10)] = []


class SurveyAnswerForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is answered up to now; it takes the place of what was answered before."""

    replies: Annotated[list[SurveyReply], Meta(max_length=8)]
    comment: Comment = ""


class Answer(Struct, frozen=True, kw_only=True):
    """As it is kept."""

    v: Literal[1] = 1
    replies: list[SurveyReply]
    comment: str = ""


class AskedQuestion(Struct, frozen=True, kw_only=True):
    """One question in the reader's language."""

    key: str
    kind: QuestionKind
    text: str
    options: list[str]


class AskedSurvey(Struct, frozen=True, kw_only=True):
    """A survey as its customer sees it, with what she has answered. `over`: nothing can be changed."""

    id: UUID
    ask: str
    thanks: str
    look: Look
    questions: list[AskedQuestion]
    comment: bool
    answered: bool
    answer: SurveyAnswerForm | None
    expires_at: Instant
    over: bool


# At the desk


class SurveyTold(Struct, frozen=True, kw_only=True):
    """A question and its answer, in words."""

    question: str
    answer: Said


class FollowUpView(Struct, frozen=True, kw_only=True):
    responsible_id: UUID | None
    responsible_name: str
    made_at: Instant
    done_at: Instant | None
    done_by_name: str


class SurveyResult(Struct, frozen=True, kw_only=True):
    """An invitation and what came of it. `by_name` is empty where the house has invited by itself."""

    id: UUID
    conversation_id: UUID
    survey_name: str
    version: int
    state: Literal["sent", "answered", "expired"]
    by_name: str
    agent_id: UUID | None
    agent_name: str
    team_name: str
    sent_at: Instant
    expires_at: Instant
    answered_at: Instant | None
    changed_at: Instant | None
    via: Via | None
    csat: int | None
    resolved: bool | None
    nps: int | None
    comment: Said
    told: list[SurveyTold]
    bad: bool
    follow_up: FollowUpView | None


class Rating(Struct, frozen=True, kw_only=True):
    """How the customer has rated a conversation, in numbers."""

    conversation_id: UUID
    csat: int | None
    resolved: bool | None
    nps: int | None


class Ratings(Struct, frozen=True):
    """The newest first."""

    items: list[Rating]


class ConversationSurvey(Struct, frozen=True, kw_only=True):
    """`may_invite`: nobody was asked yet, there is a survey for this conversation and somebody has spoken."""

    result: SurveyResult | None
    may_invite: bool


class AnswerLine(Struct, frozen=True, kw_only=True):
    """A line of the list of answers, and of what is to be followed up."""

    id: UUID
    conversation_id: UUID
    contact_id: UUID
    contact_name: Said
    account_id: UUID
    account_name: str
    adapter: str
    agent_name: str
    team_name: str
    answered_at: Instant
    csat: int | None
    resolved: bool | None
    nps: int | None
    comment: Said
    follow_up: FollowUpView | None


class ResponsibleForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    responsible_id: UUID
