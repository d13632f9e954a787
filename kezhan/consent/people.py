"""Who has consented to what: given, withdrawn, read."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from kezhan.audit.service import record
from kezhan.consent import store
from kezhan.consent.events import ConsentGiven, ConsentWithdrawn
from kezhan.consent.schemas import (
    AskedConsent,
    AskedConsents,
    Chosen,
    GiveIn,
    Given,
    PersonConsent,
    PersonConsents,
    Standing,
    Way,
    WithdrawIn,
)
from kezhan.contacts import service as contacts
from kezhan.kit.clock import now, wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.kit.reading import ReadRow
from kezhan.workspaces.authenticate import Caller

_OLDEST = timedelta(days=20 * 366)


class ConsentDetail(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    """For the audit log: to what; how stands with the consent."""

    text_id: UUID
    version: int
    way: str


async def of_contact(tx: Tx, contact_id: UUID) -> PersonConsents:
    """Raises NotFound."""
    contact = await contacts.get(tx, contact_id)
    history: dict[UUID, list[ReadRow]] = {}
    for row in await store.given(tx, contact.id):
        history.setdefault(row.text_id, []).append(row)
    return PersonConsents(
        items=[
            PersonConsent(
                text_id=one.id,
                name=one.name,
                required=one.required,
                archived=one.archived_at is not None,
                version=one.version,
                state=_state(one.version, history.get(one.id, ())),
                history=[_given(row) for row in history.get(one.id, ())],
            )
            for one in await store.texts(tx)
            if one.archived_at is None or one.id in history
        ]
    )


async def give(tx: Tx, caller: Caller, contact_id: UUID, form: GiveIn) -> PersonConsents:
    """Written down for her; to a version she has consented to already it changes nothing. Raises NotFound,
    Refused."""
    _check_how(form.how)
    contact, row = await contacts.get(tx, contact_id), await store.text_of(tx, form.text_id)
    if row is None:
        raise NotFound("consent.no_text")
    version = form.version or row.version
    if await store.wording(tx, row.id, version) is None:
        raise NotFound("consent.no_text")
    at = form.at or now()
    if not now() - _OLDEST <= at <= now() + timedelta(minutes=5):
        raise Refused("consent.bad_day", 400, field="at")
    values = {"language": form.language or "", "way": form.way, "how": form.how.strip()}
    if await _put(tx, contact.id, row.id, version, at, caller.membership_id, values):
        detail = ConsentDetail(text_id=row.id, version=version, way=form.way)
        await record(tx, caller, "consent.give", "contact", contact.id, detail=detail)
    return await of_contact(tx, contact.id)


async def withdraw(
    tx: Tx, caller: Caller, contact_id: UUID, text_id: UUID, form: WithdrawIn
) -> PersonConsents:
    """Whatever version she had consented to; where there was none it changes nothing. Raises NotFound."""
    _check_how(form.how)
    contact = await contacts.get(tx, contact_id)
    version = await _take_back(tx, contact.id, text_id, Way.AGENT, form.how.strip(), caller.membership_id)
    if version:
        detail = ConsentDetail(text_id=text_id, version=version, way=Way.AGENT)
        await record(tx, caller, "consent.withdraw", "contact", contact.id, detail=detail)
    return await of_contact(tx, contact.id)


# Herself


async def asked(tx: Tx, contact_id: UUID, language: str) -> AskedConsents:
    """What she is asked, each in her language where there is a wording of it, else in the first there is."""
    versions = {(row.text_id, row.version): row.given_at for row in await store.standing(tx, contact_id)}
    items = []
    for row in await store.texts(tx):
        if row.archived_at is not None:
            continue
        words = row.words.words
        chosen = language if language in words else next(iter(words))
        items.append(
            AskedConsent(
                text_id=row.id,
                version=row.version,
                required=row.required,
                title=words[chosen].title,
                body=words[chosen].body,
                language=chosen,
                given_at=wire_or_none(versions.get((row.id, row.version))),
            )
        )
    return AskedConsents(items=items, due=any(one.required and one.given_at is None for one in items))


async def choose(tx: Tx, contact_id: UUID, chosen: Chosen, language: str) -> AskedConsents:
    """She consents to what she has read. Raises Refused 409 where another version is asked by now."""
    for one in chosen.items:
        row = await store.text_of(tx, one.text_id)
        if row is None or row.archived_at is not None or row.version != one.version:
            raise Refused("consent.changed", 409)
        values = {"language": one.language, "way": Way.WIDGET, "how": ""}
        await _put(tx, contact_id, row.id, row.version, now(), None, values)
    return await asked(tx, contact_id, language)


async def take_back(tx: Tx, contact_id: UUID, text_id: UUID, language: str) -> AskedConsents:
    """She consents to it no more; where she does not it changes nothing."""
    await _take_back(tx, contact_id, text_id, Way.WIDGET, "", None)
    return await asked(tx, contact_id, language)


async def _put(
    tx: Tx, contact_id: UUID, text_id: UUID, version: int, at: datetime, by_id: UUID | None, values: Any
) -> bool:
    # What a list has said of her goes with the list; what is said now is to stand.
    standing = await store.standing(tx, contact_id, [text_id])
    if any(row.version == version and not row.listed for row in standing):
        return False
    row = {"id": new_id(), "contact_id": contact_id, "text_id": text_id, "version": version}
    if not await store.give(tx, {**row, **values, "by_id": by_id, "given_at": at}):
        return False
    event = ConsentGiven(contact_id=contact_id, text_id=text_id, version=version, way=values["way"], by=by_id)
    await emit(tx, event, [f"contact:{contact_id}"])
    return True


async def _take_back(tx: Tx, contact_id: UUID, text_id: UUID, way: Way, how: str, by_id: UUID | None) -> int:
    version = await store.withdraw(tx, contact_id, text_id, now(), way, how, by_id)
    if version:
        event = ConsentWithdrawn(contact_id=contact_id, text_id=text_id, version=version, way=way, by=by_id)
        await emit(tx, event, [f"contact:{contact_id}"])
    return version


def _check_how(how: str) -> None:
    if "\0" in how:
        raise Refused("kit.bad_text", 400, field="how")


def _state(version: int, rows: Sequence[ReadRow]) -> Standing:
    standing = [row.version for row in rows if row.withdrawn_at is None]
    if version in standing:
        return "given"
    return "outdated" if standing else "withdrawn" if rows else "none"


def _given(row: ReadRow) -> Given:
    return Given(
        version=row.version,
        language=row.language,
        way=Way(row.way),
        how=row.how,
        by_name=row.by_name,
        at=wire(row.given_at),
        withdrawn_way=Way(row.withdrawn_way) if row.withdrawn_way else None,
        withdrawn_how=row.withdrawn_how,
        withdrawn_by_name=row.withdrawn_by_name,
        withdrawn_at=wire_or_none(row.withdrawn_at),
    )
