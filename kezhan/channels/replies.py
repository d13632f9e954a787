"""What a channel says by itself, as its people write it down. When it is said is `routing`'s."""

import re
from collections.abc import Mapping, Set
from uuid import UUID

import msgspec
from msgspec import Struct

from kezhan.audit.service import record
from kezhan.channels import store
from kezhan.channels.accounts import as_adapter, held, opened_account
from kezhan.channels.base import Capabilities
from kezhan.channels.events import ChannelChanged
from kezhan.channels.parts import length_in
from kezhan.channels.registry import find
from kezhan.channels.schemas import AutoReplies
from kezhan.conversations.life.schemas import ReplyTexts
from kezhan.kit.changes import between
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.outbox import emit
from kezhan.workspaces.authenticate import Caller

VARIABLE = re.compile(r"\{(\w+)\}")
KNOWN = {"greeting": frozenset[str](), "closed": frozenset({"opens"}), "busy": frozenset({"place", "wait"})}
"""Which variables each of the texts may have."""


class _Detail(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    """For the audit log: which of them the channel says from now on."""

    adapter: str
    said: list[str]


async def get_replies(tx: Tx, account_id: UUID) -> AutoReplies:
    row = await store.account(tx, account_id)
    if row is None:
        raise NotFound("channels.not_found")
    return msgspec.convert(row.auto_replies, AutoReplies)


async def put_replies(
    tx: Tx, keyring: KeyRing, caller: Caller, account_id: UUID, form: AutoReplies
) -> AutoReplies:
    """From now on the channel says this. The same again changes nothing. Raises NotFound; Refused 409 where
    the channel is archived or has words of its own, 400 for a text it cannot carry."""
    row = await held(tx, account_id)
    channel = find(row.adapter)
    if channel.send is None:
        raise Refused("channels.says_nothing", 409)
    account = await opened_account(tx, keyring, account_id)
    form = _stripped(form)
    able = channel.able(as_adapter(channel, account))
    check_texts({name: getattr(form, name) for name in KNOWN}, KNOWN, able)
    if form == account.auto_replies:
        return form
    await store.change_account(tx, account_id, {"auto_replies": msgspec.to_builtins(form)})
    detail = _Detail(adapter=row.adapter, said=[name for name in KNOWN if getattr(form, name)])
    told = between(account.auto_replies, form)
    await record(tx, caller, "channel.auto_replies", "channel", account_id, detail=detail, changes=told)
    await emit(tx, ChannelChanged(account_id=account_id), topics=[f"workspace:{tx.workspace}"])
    return form


def _stripped(form: AutoReplies) -> AutoReplies:
    return msgspec.structs.replace(form, **{name: stripped(getattr(form, name)) for name in KNOWN})


def stripped(texts: ReplyTexts) -> ReplyTexts:
    return ReplyTexts(zh=texts.zh.strip(), en=texts.en.strip())


def check_texts(texts: Mapping[str, ReplyTexts], known: Mapping[str, Set[str]], able: Capabilities) -> None:
    """Each goes out as one message, and names nothing that is never known. Raises Refused 400."""
    length = length_in(able)
    for name, both in texts.items():
        for field, text in ((f"{name}.zh", both.zh), (f"{name}.en", both.en)):
            if "\0" in text:
                raise Refused("kit.bad_text", 400, field=field)
            if length(text) > able.text_length:
                raise Refused("channels.text_too_long", 400, field=field, most=able.text_length)
            for word in VARIABLE.findall(text):
                if word not in known[name]:
                    raise Refused("channels.no_such_variable", 400, field=field, variable=word)
