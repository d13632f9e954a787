"""Templates of a conversation's channel: asked of the platform, filled by people, said like any reply."""

import asyncio
import re
from collections.abc import Sequence
from time import monotonic
from typing import NamedTuple
from uuid import UUID
from weakref import WeakValueDictionary

from msgspec import structs

from kezhan.channels.accounts import Account, as_adapter, opened_account
from kezhan.channels.base import (
    Channel,
    Header,
    Line,
    OutboundFile,
    Retry,
    Template,
    TemplateUse,
    Turned,
    Variable,
)
from kezhan.channels.lines import Lines
from kezhan.channels.parts import carries
from kezhan.channels.registry import find
from kezhan.channels.schemas import MAX_VALUE, TemplateList, TemplateSend, TemplateView, VariableView
from kezhan.conversations.desk import Desk
from kezhan.conversations.reply import agent_item, file_payload, may_reply, said_before
from kezhan.conversations.schemas import (
    MAX_TEXT,
    Ack,
    FilePayload,
    Head,
    Payload,
    Send,
    State,
    TemplatePayload,
)
from kezhan.conversations.socket import stored
from kezhan.files.service import owner_of
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.words import say
from kezhan.workspaces.authenticate import Caller

KEPT_SECONDS = 60.0
_FRESH_SECONDS = 3.0
"""So new is new enough for whoever wants them afresh."""
_ASK_SECONDS = 20
_VARIABLE = re.compile(r"\{\{([1-9][0-9]?)\}\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


def use_of(payload: Payload | None) -> TemplateUse | None:
    """What the adapter is told of a message that is a template; None for any other."""
    used = payload.template if isinstance(payload, FilePayload) else payload
    if not isinstance(used, TemplatePayload):
        return None
    return TemplateUse(name=used.name, language=used.language, values=used.values, shape=used.shape)


def variables(template: Template) -> list[Variable]:
    """As many as its text has, in their order."""
    count = max((int(number) for number in _VARIABLE.findall(template.text)), default=0)
    told = template.variables[:count]
    return [*told, *[Variable()] * (count - len(told))]


def filled(template: Template, values: Sequence[str]) -> str:
    """Its text as the customer will read it; a value that looks like a variable stays as it is. Raises
    Refused where a value is missing, too long, or not on one line."""
    wanted = variables(template)
    if len(values) != len(wanted):
        raise Refused("channels.template_values", field="values", count=len(wanted))
    for number, (value, variable) in enumerate(zip(values, wanted, strict=True)):
        field, most = f"values.{number}", most_of(variable)
        if not value.strip():
            raise Refused("channels.template_value_empty", field=field)
        if _CONTROL.search(value):
            raise Refused("channels.template_value_lines", field=field)
        if len(value) > most:
            raise Refused("channels.template_value_long", field=field, most=most)
    text = _VARIABLE.sub(lambda found: values[int(found[1]) - 1], template.text)
    if len(text) > MAX_TEXT:
        raise Refused("channels.fault_too_long", field="values")
    return text


def most_of(variable: Variable) -> int:
    """How many characters it may have."""
    return MAX_VALUE if variable.most is None else min(variable.most, MAX_VALUE)


class _Kept(NamedTuple):
    """What a platform has answered, when, and for which settings and secrets."""

    account: Account
    at: float
    found: Sequence[Template]


class Templates:
    """One per process. What a platform has is kept for a minute; of all who ask at once one is sent."""

    def __init__(self, desk: Desk, lines: Lines) -> None:
        self._desk = desk
        self._lines = lines
        self._kept: dict[UUID, _Kept] = {}
        self._asking: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    async def offered(
        self, caller: Caller, conversation_id: UUID, language: str, *, fresh: bool
    ) -> TemplateList:
        """What may be said to the conversation's customer at any time. `fresh`: not what is kept. Raises
        NotFound and Forbidden; Refused 409 where the channel has none, 502 where the platform does not tell,
        in `language`."""
        async with self._desk.db.tx(caller.workspace_id) as tx:
            account = await self._account(tx, await may_reply(tx, caller, conversation_id))
        found = await self._found(account, language, KEPT_SECONDS if not fresh else _FRESH_SECONDS)
        return TemplateList([_view(template) for template in found])

    async def send(self, caller: Caller, conversation_id: UUID, form: TemplateSend, language: str) -> Ack:
        """Say one. A repeat of the same client_id answers the same. Raises as `offered` does; Refused 409
        where the conversation is closed or there is no such template, 400 where the values or the file do not
        fit."""
        async with self._desk.db.tx(caller.workspace_id) as tx:
            head = await may_reply(tx, caller, conversation_id)
            before = await said_before(tx, caller, form.client_id)
            if before is not None:
                return before
            if head.state == State.CLOSED:
                raise Refused("conversations.closed", 409)
            account = await self._account(tx, head)
        template = await self._one(account, form, language)
        values = [value.strip() for value in form.values]
        said = Send(client_id=form.client_id, body=filled(template, values))
        item = agent_item(caller, conversation_id, said)
        used = TemplatePayload(name=form.name, language=form.language, values=values, shape=template.shape)
        item.payload = used
        if (form.file_id is None) == bool(template.header):
            raise Refused("channels.template_file", field="file_id")
        if form.file_id is not None:
            async with self._desk.db.tx(caller.workspace_id) as tx:
                await file_payload(tx, item, form.file_id, owner_of(caller))
                item.payload = _headed(item.payload, used, template.header, account)
        return stored(item, await self._desk.lane.append(item))

    async def _account(self, tx: Tx, head: Head) -> Account:
        account = await opened_account(tx, self._desk.keyring, head.account_id)
        if account.archived:
            raise Refused("channels.archived", 409)
        channel = find(account.adapter)
        if channel.templates is None or not channel.able(as_adapter(channel, account)).templates:
            raise Refused("channels.no_templates", 409)
        return account

    async def _one(self, account: Account, form: TemplateSend, language: str) -> Template:
        """The one that is meant, though it be younger than what is kept."""
        for seconds in (KEPT_SECONDS, _FRESH_SECONDS):
            for template in await self._found(account, language, seconds):
                if (template.name, template.language) == (form.name, form.language):
                    return template
        raise Refused("channels.no_such_template", 409, field="name")

    async def _found(self, account: Account, language: str, seconds: float) -> Sequence[Template]:
        """What the platform has, as of no longer ago than that."""
        lock = self._asking.setdefault(account.id, asyncio.Lock())
        async with lock:
            kept = self._kept.get(account.id)
            if kept is None or kept.account != account or monotonic() - kept.at > seconds:
                found = await self._ask(account, language)
                kept = self._kept[account.id] = _Kept(account, monotonic(), found)
            return kept.found

    async def _ask(self, account: Account, language: str) -> Sequence[Template]:
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                return await self._lines.speak(account, _list)
        except (Retry, Turned) as fault:
            kind = fault.fault
        except Exception:
            kind = "transient"
        # messages: channels.fault_*
        raise Refused("channels.templates_unread", 502, why=say(language, f"channels.fault_{kind}"))


def _headed(file: Payload | None, used: TemplatePayload, header: Header, account: Account) -> FilePayload:
    """The file as the header of the template. Raises Refused where it is of another kind, or the channel does
    not take it."""
    if not isinstance(file, FilePayload):
        raise TypeError("a file was attached")
    channel = find(account.adapter)
    sent = OutboundFile(url="", name=file.name, media_type=file.media_type, size=file.size)
    family = file.media_type.partition("/")[0]
    fits = header == (family if family in {"image", "video"} else "document")
    if not fits or not carries(channel.able(as_adapter(channel, account)), sent):
        raise Refused("channels.template_file_kind", field="file_id")
    return structs.replace(file, template=used)


async def _list(channel: Channel, line: Line) -> Sequence[Template]:
    return await channel.templates(line) if channel.templates is not None else []


def _view(template: Template) -> TemplateView:
    return TemplateView(
        name=template.name,
        language=template.language,
        title=template.title,
        text=template.text,
        category=template.category,
        header=template.header,
        variables=[
            VariableView(label=one.label, example=one.example, most=most_of(one))
            for one in variables(template)
        ],
    )
