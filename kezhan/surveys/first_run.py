"""The demo shop's survey, and what its first customers have answered."""

from uuid import UUID

from kezhan.kit.db import Database
from kezhan.surveys import store
from kezhan.surveys.answer import give
from kezhan.surveys.definitions import create_survey
from kezhan.surveys.invite import invite_at_end
from kezhan.surveys.schemas import (
    SurveyAnswerForm,
    SurveyDefinition,
    SurveyForm,
    SurveyQuestion,
    SurveyReply,
    SurveyTexts,
)
from kezhan.workspaces.first_run import demo_workspace

_SURVEY = SurveyForm(
    name="茶铺满意度",
    definition=SurveyDefinition(
        questions=[
            SurveyQuestion(key="q1", kind="csat"),
            SurveyQuestion(key="q2", kind="resolved"),
            SurveyQuestion(
                key="q3",
                kind="many",
                text=SurveyTexts(zh="哪些地方让您满意？", en="What did you like?"),
                options=[
                    SurveyTexts(zh="回复快", en="Quick answers"),
                    SurveyTexts(zh="懂茶", en="Knows tea"),
                    SurveyTexts(zh="态度好", en="Kind"),
                ],
            ),
        ],
        ask=SurveyTexts(zh="茶好不好喝您说了算，服务好不好也一样。", en="How did we serve you today?"),
        thanks=SurveyTexts(zh="谢谢您，山间茶铺会更好。", en="Thank you from the Mountain Tea Shop."),
    ),
)
_ANSWERS: tuple[tuple[int, int, list[int], str], ...] = (
    (5, 1, [0, 1], "问得细，答得也细，下次还来。"),
    (4, 1, [2], ""),
    (2, 0, [], "等了挺久，礼盒还是没说清楚什么时候补发。"),
    (5, 1, [0, 2], "Very kind, thank you."),
)


async def ensure_demo_survey(db: Database) -> None:
    """Made where the demo shop has none yet."""
    workspace_id = await demo_workspace(db)
    if workspace_id is None:
        return
    async with db.tx(workspace_id) as tx:
        await store.hold_surveys(tx)
        if not await store.surveys(tx):
            await create_survey(tx, None, _SURVEY)


async def answer_demo(db: Database) -> int:
    """The customers of the first morning whose conversations have ended answer, all but the last; how many
    did."""
    workspace_id = await demo_workspace(db)
    if workspace_id is None:
        return 0
    async with db.tx(workspace_id) as tx:
        for conversation_id in await store.ended(tx):
            await invite_at_end(tx, conversation_id)
        waiting = await store.unanswered(tx)
    answered = list(zip(waiting[: len(_ANSWERS)], _ANSWERS, strict=False))
    for invite_id, given in answered:
        await _answer(db, workspace_id, invite_id, *given)
    return len(answered)


async def _answer(
    db: Database,
    workspace_id: UUID,
    invite_id: UUID,
    stars: int,
    resolved: int,
    liked: list[int],
    comment: str,
) -> None:
    replies = [SurveyReply(key="q1", number=stars), SurveyReply(key="q2", number=resolved)]
    if liked:
        replies.append(SurveyReply(key="q3", chosen=liked))
    async with db.tx(workspace_id) as tx:
        await give(tx, invite_id, None, SurveyAnswerForm(replies=replies, comment=comment), "widget")
