"""A try is begun, looked at until it is over, and ended. It moves only while somebody looks at it: with her
rights, and with her hand on the phone."""

import secrets
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import structs

from kezhan.audit.service import record
from kezhan.channels import store as accounts_store
from kezhan.channels.accounts import Account, as_adapter, held, opened_account
from kezhan.channels.checks import steps as way
from kezhan.channels.checks import store
from kezhan.channels.checks.picture import NAME, picture
from kezhan.channels.checks.schemas import ChannelSteps, CheckList, CheckView, Step, StepView
from kezhan.channels.live import Channels
from kezhan.channels.registry import find
from kezhan.conversations.assign import close, take
from kezhan.conversations.items import Append
from kezhan.conversations.number import add_event
from kezhan.conversations.read import seen_head
from kezhan.conversations.reply import agent_item, file_payload
from kezhan.conversations.schemas import EventPayload, Send, State
from kezhan.files.receive import receive
from kezhan.files.schemas import Incoming
from kezhan.files.service import owner_of
from kezhan.kit.clock import now, wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound
from kezhan.kit.ids import new_id
from kezhan.kit.reading import ReadRow
from kezhan.kit.words import say
from kezhan.workspaces.authenticate import Caller

LONGEST = timedelta(minutes=30)
_NAMES = ("came", "went", "file_came", "file_went", "known")


async def list_checks(tx: Tx, account_id: UUID) -> CheckList:
    """Raises NotFound."""
    if await accounts_store.account(tx, account_id) is None:
        raise NotFound("channels.not_found")
    return CheckList([_view(row) for row in await store.checks(tx, account_id)])


async def begin(tx: Tx, caller: Caller, account_id: UUID) -> CheckView:
    """The one that is under way, if there is one. Raises NotFound, Refused 409 for an archived account."""
    row = await held(tx, account_id)
    check_id = await store.running(tx, account_id)
    if check_id is None:
        check_id = new_id()
        values = {
            "id": check_id,
            "account_id": account_id,
            "code": f"{secrets.randbelow(900_000) + 100_000}",
            "begun_by": caller.membership_id,
            "begun_at": now(),
            "steps": msgspec.json.encode(ChannelSteps()).decode(),
        }
        await store.add(tx, values)
        await record(tx, caller, "channel.check", "channel", row.id)
    return _view(await _check(tx, account_id, check_id))


async def look(channels: Channels, caller: Caller, account_id: UUID, check_id: UUID) -> CheckView:
    """How far it has come; what is to be sent next is sent. Raises NotFound; Refused where her conversation
    cannot be taken."""
    db = channels.desk.db
    async with db.tx(caller.workspace_id) as tx:
        row = await _check(tx, account_id, check_id)
        if row["ended_at"] is not None:
            return _view(row)
        account = await opened_account(tx, channels.desk.keyring, account_id)
        item, name = await _move(tx, caller, account, row)
    if item is not None:
        if name == "file_went":
            await _with_picture(channels, caller, item)
        answer = await channels.desk.lane.append(item)
        async with db.tx(caller.workspace_id) as tx:
            row = await _check(tx, account_id, check_id)
            steps = _steps(row)
            if answer.outcome in {"new", "known"}:
                step = structs.replace(getattr(steps, name), seq=answer.seq)
                await _note(tx, row, structs.replace(steps, **{name: step}))
    async with db.tx(caller.workspace_id) as tx:
        return _view(await _check(tx, account_id, check_id))


async def end(tx: Tx, caller: Caller, account_id: UUID, check_id: UUID) -> CheckView:
    """As it stands: passed, failed where a step has, else broken off. Ended already: nothing changes. Raises
    NotFound."""
    row = await _check(tx, account_id, check_id)
    if row["ended_at"] is None:
        steps = _steps(row)
        failed = any(step.state == "failed" for step in way.all_of(steps))
        await _end(tx, caller, row, "passed" if way.over(steps) else "failed" if failed else "cancelled")
    return _view(await _check(tx, account_id, check_id))


async def _move(tx: Tx, caller: Caller, account: Account, row: ReadRow) -> tuple[Append | None, str]:
    """What is to be said to her next, and for which step."""
    steps, at = _steps(row), now()
    conversation_id = row["conversation_id"]
    if conversation_id is None:
        found = await store.heard(tx, account.id, row["code"], row["begun_at"])
        if found is None:
            if at - row["begun_at"] > LONGEST:
                await _end(tx, caller, row, "cancelled")
            return None, ""
        conversation_id = found["conversation_id"]
        await take(tx, caller, conversation_id)
        await add_event(tx, conversation_id, EventPayload(event="check", actor=caller.name))
        scene = _scene(account, conversation_id, at)
        came = await way.heard(tx, scene, found["seq"], found["created_at"])
        steps = structs.replace(steps, came=came)
    steps = await way.looked(tx, _scene(account, conversation_id, at), steps)
    name = _next(steps, at)
    if name:
        steps = structs.replace(steps, **{name: structs.replace(getattr(steps, name), tried_at=at)})
    await _note(tx, row, steps, conversation_id)
    if way.over(steps):
        await _end(tx, caller, row, "passed", conversation_id)
    return (_item(caller, row, conversation_id, name), name) if name else (None, "")


def _next(steps: ChannelSteps, at: datetime) -> str:
    """The step for which something is to be sent now."""
    if way.due(steps.went, at):
        return "went"
    return "file_went" if steps.file_came.state != "waiting" and way.due(steps.file_went, at) else ""


def _item(caller: Caller, row: ReadRow, conversation_id: UUID, name: str) -> Append:
    key = f"check:{row['id']}:{name}"
    if name == "file_went":  # its file is put into it where it is stored
        return agent_item(caller, conversation_id, Send(client_id=key, kind="image", file_id=row["id"]))
    body = say(caller.language, "channels.check_answer", number=row["code"])
    return agent_item(caller, conversation_id, Send(client_id=key, body=body))


async def _with_picture(channels: Channels, caller: Caller, item: Append) -> None:
    db = channels.desk.db
    incoming = Incoming(NAME, "image/png", _once(picture()))
    stored = await receive(db, channels.files, caller.workspace_id, owner=owner_of(caller), incoming=incoming)
    async with db.tx(caller.workspace_id) as tx:
        await file_payload(tx, item, stored.id, owner_of(caller))


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


def _scene(account: Account, conversation_id: UUID, at: datetime) -> way.Scene:
    channel = find(account.adapter)
    return way.Scene(
        account_id=account.id,
        conversation_id=conversation_id,
        able=channel.able(as_adapter(channel, account)),
        speaks=channel.send is not None,
        asks=channel.person is not None,
        at=at,
    )


async def _check(tx: Tx, account_id: UUID, check_id: UUID) -> ReadRow:
    row = await store.check(tx, account_id, check_id)
    if row is None:
        raise NotFound("channels.no_such_check")
    return row


def _steps(row: ReadRow) -> ChannelSteps:
    return msgspec.json.decode(row["steps"], type=ChannelSteps)


async def _note(tx: Tx, row: ReadRow, steps: ChannelSteps, conversation_id: UUID | None = None) -> None:
    text = msgspec.json.encode(steps).decode()
    await store.note(tx, row["id"], text, conversation_id or row["conversation_id"])


async def _end(tx: Tx, caller: Caller, row: ReadRow, state: str, conversation_id: UUID | None = None) -> None:
    """Her conversation ends with it."""
    await store.end(tx, row["id"], state, now())
    talk = conversation_id or row["conversation_id"]
    if talk is not None and (await seen_head(tx, caller, talk)).state != State.CLOSED:
        await close(tx, caller, talk)


def _view(row: ReadRow) -> CheckView:
    steps = _steps(row)
    return CheckView(
        id=row["id"],
        code=row["code"],
        state=row["state"],
        steps=[_step(name, getattr(steps, name)) for name in _NAMES],
        by=row["by"],
        begun_at=wire(row["begun_at"]),
        ended_at=wire_or_none(row["ended_at"]),
        conversation_id=row["conversation_id"],
    )


def _step(name: str, step: Step) -> StepView:
    return StepView(
        name=name,  # type: ignore[arg-type]
        state=step.state,
        at=wire_or_none(step.at),
        delay_ms=step.delay_ms,
        detail=step.detail,
        fault=step.fault,
        why=step.why[:500],
    )
