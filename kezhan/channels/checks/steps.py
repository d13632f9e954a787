"""How far a try has come: each step looked up in what the house knows anyway."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct, structs

from kezhan.channels.base import Capabilities, OutboundFile
from kezhan.channels.checks import store
from kezhan.channels.checks.picture import NAME
from kezhan.channels.checks.schemas import ChannelSteps, Step
from kezhan.channels.parts import carries
from kezhan.kit.db import Tx

AGAIN = timedelta(seconds=20)
"""After so long what was begun to be sent and is not there is sent once more, under the same key."""


class Scene(Struct, frozen=True, kw_only=True):
    """What a step is looked at with. `speaks`: there is a platform between us and her; `asks`: that platform
    can be asked who she is."""

    account_id: UUID
    conversation_id: UUID
    able: Capabilities
    speaks: bool
    asks: bool
    at: datetime


async def looked(tx: Tx, scene: Scene, steps: ChannelSteps) -> ChannelSteps:
    """The steps as they stand now. What has passed stays so, but for a receipt that comes later."""
    last = steps.came.seq or 0
    file_came = steps.file_came
    if file_came.state == "waiting" and steps.went.seq is not None:
        file_came = await _file_came(tx, scene, last)
    known = steps.known if steps.known.state == "passed" else await _known(tx, scene)
    return structs.replace(
        steps,
        went=await _went(tx, scene, steps.went),
        file_came=file_came,
        file_went=await _went(tx, scene, steps.file_went, file=True),
        known=known,
    )


async def heard(tx: Tx, scene: Scene, seq: int, at: datetime) -> Step:
    """Her code has come."""
    delay = await store.delay(tx, scene.account_id, at) if scene.speaks else None
    return Step(state="passed", at=at, delay_ms=delay, seq=seq)


def over(steps: ChannelSteps) -> bool:
    return all(step.state in {"passed", "skipped"} for step in all_of(steps))


def all_of(steps: ChannelSteps) -> list[Step]:
    return [steps.came, steps.went, steps.file_came, steps.file_went, steps.known]


def due(step: Step, at: datetime) -> bool:
    """Whether ours is to be sent now."""
    return step.seq is None and (step.tried_at is None or at - step.tried_at > AGAIN)


async def _file_came(tx: Tx, scene: Scene, after: int) -> Step:
    if scene.speaks and "file" not in scene.able.receives:
        return Step(state="skipped", at=scene.at)
    found = await store.file_after(tx, scene.conversation_id, after)
    if found is None:
        return Step()
    seq, at = found["seq"], found["created_at"]
    if not found["fetched"]:
        return Step(state="failed", at=at, detail="unsupported", seq=seq)
    delay = await store.delay(tx, scene.account_id, at) if scene.speaks else None
    return Step(state="passed", at=at, delay_ms=delay, seq=seq)


async def _went(tx: Tx, scene: Scene, step: Step, *, file: bool = False) -> Step:
    if step.seq is None or step.detail == "read":
        return step
    delivered, read = await store.marked(tx, scene.conversation_id)
    detail = "read" if read >= step.seq else "delivered" if delivered >= step.seq else ""
    if file and scene.speaks and not carries(scene.able, _picture_file(scene)):
        detail = "link"
    if not scene.speaks:
        if not detail:
            return step
        return structs.replace(step, state="passed", at=step.at or scene.at, detail=detail)
    row = await store.sent(tx, scene.conversation_id, step.seq)
    if row is None or row["state"] == "waiting":
        return structs.replace(step, fault=row["reason"] if row else "", why=(row and row["fault"]) or "")
    if row["state"] != "sent":
        why = row["fault"] or ""
        return structs.replace(step, state="failed", at=scene.at, fault=row["reason"], why=why)
    came = {"at": row["sent_at"], "delay_ms": row["ms"], "detail": detail}
    return structs.replace(step, state="passed", fault="", why="", **came)


async def _known(tx: Tx, scene: Scene) -> Step:
    found = await store.known(tx, scene.conversation_id)
    if found["named"] or found["union"]:
        both = found["named"] and found["union"]
        detail = "both" if both else "name" if found["named"] else "union"
        return Step(state="passed", at=scene.at, detail=detail)
    return Step(state="failed" if scene.asks else "skipped", at=scene.at)


def _picture_file(scene: Scene) -> OutboundFile:
    return OutboundFile(id=scene.conversation_id, url="", name=NAME, media_type="image/png", size=2048)
