"""Find, make, read and edit contacts; open and end visitor sessions (thirty days from their last use)."""

from collections.abc import Collection, Sequence
from secrets import token_hex
from typing import Any
from uuid import UUID

from msgspec import convert, structs
from sqlalchemy import Row

from kezhan.contacts import store
from kezhan.contacts.companies.store import place
from kezhan.contacts.events import VisitorSessionRevoked
from kezhan.contacts.join import changed, join
from kezhan.contacts.merges.store import standing_of
from kezhan.contacts.schemas import (
    MAX_ATTRIBUTES,
    AttributeMap,
    Attributes,
    ContactDetail,
    ContactOut,
    How,
    Identity,
    IdentityOut,
    Known,
    MergeView,
    OpenedSession,
    Profile,
    Tiers,
    Visitor,
)
from kezhan.contacts.values import (
    NAMELESS,
    profile_values,
    proven_keys,
    search_range,
    storable,
    visitor_number,
)
from kezhan.fields.rights import on
from kezhan.fields.rights import shown as in_lists
from kezhan.fields.schemas import CustomField, Subject
from kezhan.fields.seals import Seals
from kezhan.fields.service import fields_of, found
from kezhan.kit.clock import wire
from kezhan.kit.crypto import new_token, token_digest
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.kit.reading import ReadRow
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission
from kezhan.workspaces.service import member_name

PREFIX = "kzv_"
_LONGEST_TOKEN = 100
_TIERS = 50
_MERGES = 100
_NAMED = 20


async def resolve(
    tx: Tx, *, account_id: UUID, external_id: str, verified: bool = False, profile: Profile | None = None
) -> Identity:
    """The identity of `external_id` (1 … 200 characters) at a channel account, made with its contact where it
    is new. Two at once get the same one. The profile fills what is still empty; an agent's words stay."""
    row = await store.find_identity(tx, account_id, external_id)
    if row is None:
        row = await _make(tx, account_id, external_id, verified, profile)
    elif profile:
        await fill(tx, row.contact_id, profile)
    for column, key in proven_keys(profile).items() if profile else ():
        if getattr(row, column) is None:
            row = await _known_elsewhere(tx, row, column, key)
    if verified and not row.verified:
        await store.change_identity(tx, row.id, {"verified": True})
    return structs.replace(identity_of(row), verified=verified or row.verified)


async def resolve_all(tx: Tx, asked: Sequence[Known]) -> list[Identity]:
    """The identities of customers as their platforms name them, as `resolve` finds or makes them, in this
    order: in one query for all about whom nothing is new. Whom the platform does not vouch for is verified no
    longer, and is nobody elsewhere."""
    rows = await store.find_identities(tx, [(one.account_id, one.external_id) for one in asked])
    found = {(row.account_id, row.external_id): row for row in rows}
    verified = {key: row.verified for key, row in found.items()}
    identities = []
    for one in asked:
        key = one.account_id, one.external_id
        row = found.get(key)
        profile = one.profile if one.vouched else _hearsay(one.profile)
        if row is not None and verified[key] == one.vouched and not _news(profile, row):
            identities.append(structs.replace(identity_of(row), verified=one.vouched))
            continue
        known = await resolve(
            tx, account_id=key[0], external_id=key[1], verified=one.vouched, profile=profile
        )
        if known.verified and not one.vouched:
            await store.change_identity(tx, known.id, {"verified": False})
        verified[key] = one.vouched
        identities.append(structs.replace(known, verified=one.vouched))
    return identities


def _hearsay(profile: Profile | None) -> Profile | None:
    """What is said of her by who may be somebody else."""
    if profile is None:
        return None
    return structs.replace(profile, union="", email_proven=False, phone_proven=False, attributes=None)


def _news(profile: Profile | None, row: Row[Any]) -> bool:
    """Whether the profile may fill something of the contact in `row`, or tell who she is elsewhere."""
    if profile is None:
        return False
    if any(getattr(row, column) is None for column in proven_keys(profile)):
        return True
    told = (profile.name, row.name), (profile.email, row.email), (profile.phone, row.phone)
    return profile.attributes is not None or any(
        new and not old for new, old in (*told, (profile.language, row.language))
    )


async def _make(
    tx: Tx, account_id: UUID, external_id: str, verified: bool, profile: Profile | None
) -> Row[Any]:
    if not 1 <= len(external_id) <= 200:
        raise Refused("contacts.bad_external_id", 400, field="external_id")
    values = _filled(profile) if profile else {}
    union = proven_keys(profile).get("union_key") if profile else None
    # Two accounts may bring the same newcomer at once.
    known = await store.contact_of(tx, "union_key", union) if union else None
    if known is not None:
        known = await store.standing(tx, known)
    contact_id = known or new_id()
    if known is None:
        await store.add_contact(tx, contact_id, {"sort_key": NAMELESS, **values})
    elif values:
        await store.fill_contact(tx, contact_id, values)
    fresh = {
        "id": new_id(),
        "contact_id": contact_id,
        "account_id": account_id,
        "external_id": external_id,
        "verified": verified,
        "union_key": union,
    }
    if await store.add_identity(tx, fresh):
        await _told(tx, contact_id, values, made=known is None)
    elif known is None:
        await store.drop_contact(tx, contact_id)
    row = await store.find_identity(tx, account_id, external_id)
    if row is None:
        raise NotFound("contacts.not_found")
    return row


async def _known_elsewhere(tx: Tx, row: Row[Any], column: str, key: str) -> Row[Any]:
    """Keep who she is on other accounts, for when she comes by one of them. Where she has come already, as
    another customer, the two are one from now on. The identity as it stands then."""
    other = await store.contact_of(tx, column, key)
    if other is not None and other != row.contact_id:
        await join(tx, row.contact_id, other, How(column.removesuffix("_key")))
    await store.change_identity(tx, row.id, {column: key})
    return await store.find_identity(tx, row.account_id, row.external_id) or row


def _filled(profile: Profile) -> dict[str, Any]:
    values = profile_values(profile)
    if profile.attributes is not None:
        values["attributes"] = Attributes(values=storable(profile.attributes))
    return values


def identity_of(row: Row[Any]) -> Identity:
    return convert(row, Identity, from_attributes=True)


async def fill(tx: Tx, contact_id: UUID, profile: Profile) -> None:
    """What a customer tells of herself fills what is still empty of her contact; an agent's words stay."""
    if (values := _filled(profile)) and await store.fill_contact(tx, contact_id, values):
        await _told(tx, contact_id, values)


async def _told(tx: Tx, contact_id: UUID, values: dict[str, Any], *, made: bool = False) -> None:
    """These columns of a contact say something else, or (`made`) she is new."""
    if "email" in values:
        await place(tx, contact_id)
    await changed(tx, contact_id, made=made)


async def open_session(tx: Tx, identity: Identity, device: str = "") -> OpenedSession:
    token, session_id = new_token(PREFIX), new_id()
    values = {
        "id": session_id,
        "identity_id": identity.id,
        "account_id": identity.account_id,
        "token_digest": token_digest(token),
        "device": device,
    }
    expires_at = await store.add_session(tx, values)
    return OpenedSession(token=token, session_id=session_id, expires_at=expires_at)


def new_device() -> str:
    return token_hex(8)


async def device_of(tx: Tx, token: str) -> str:
    """The browser that once held `token`, whether it is still good or not; empty where it is unknown."""
    return await store.device_of(tx, token_digest(token))


async def visitor_of(db: Database, token: str) -> Visitor:
    """Who holds `token`, in one query. Raises Refused 401 where it is unknown, over or revoked."""
    (visitor,) = await visitors_of(db, [token])
    if visitor is None:
        raise Refused("contacts.session_over", 401)
    return visitor


async def visitors_of(db: Database, tokens: Sequence[str]) -> list[Visitor | None]:
    """The bearer of each token in one query for all; None where it is unknown, over or revoked."""
    likely = (token for token in tokens if token.startswith(PREFIX) and len(token) <= _LONGEST_TOKEN)
    digests = {token: token_digest(token) for token in likely}
    if not digests:
        return [None] * len(tokens)
    async with db.system_tx() as tx:
        rows = await store.visitors(tx, [*digests.values()])
    found = {row.token_digest: convert(row, Visitor, from_attributes=True) for row in rows}
    return [found.get(digests.get(token, b"")) for token in tokens]


async def revoke(tx: Tx, session_id: UUID) -> None:
    """End a session. A second time does nothing."""
    if await store.revoke_session(tx, session_id):
        await _tell(tx, session_id)


async def revoke_all(tx: Tx, identity_id: UUID) -> None:
    """End every session of an identity."""
    for session_id in await store.revoke_sessions(tx, identity_id):
        await _tell(tx, session_id)


async def _tell(tx: Tx, session_id: UUID) -> None:
    await emit(tx, VisitorSessionRevoked(session_id=session_id), topics=[f"session:{session_id}"])


async def visitor_lives(tx: Tx, session_id: UUID) -> bool:
    """Whether a visitor's session is neither revoked nor over."""
    return await store.session_lives(tx, session_id)


async def living_sessions(tx: Tx, session_ids: Collection[UUID]) -> set[UUID]:
    """Those of the visitors' sessions that are neither revoked nor over."""
    return set(await store.living_sessions(tx, session_ids))


async def get(tx: Tx, contact_id: UUID, caller: Caller | None = None) -> ContactDetail:
    """With what `caller` may see of the fields of the workspace's own. Raises NotFound."""
    row = await store.contact(tx, contact_id)
    if row is None:
        raise NotFound("contacts.not_found")
    return await detail_of(tx, row, caller)


async def describe(tx: Tx, contact_id: UUID, values: AttributeMap, *, signed: bool) -> None:
    """Add what a page says of its visitor. What a signature said of her (`signed`) stays as it is.

    Raises Refused where it would be more than a contact can hold.
    """
    row = await store.contact(tx, contact_id)
    if row is None:
        raise NotFound("contacts.not_found")
    known = row.attributes.values if row.attributes else {}
    merged = {**values, **known} if signed else {**known, **values}
    if merged == known:
        return
    if len(merged) > MAX_ATTRIBUTES:
        raise Refused("contacts.too_many_attributes", 400, field="values", most=MAX_ATTRIBUTES)
    await store.change_contact(tx, contact_id, {"attributes": Attributes(values=merged)})
    await changed(tx, contact_id)


async def tiers(tx: Tx) -> Tiers:
    """What to offer where a tier is chosen."""
    return Tiers(await store.tiers(tx, _TIERS))


async def page(tx: Tx, caller: Caller, query: str, after: str, limit: int) -> Page[ContactOut]:
    """Contacts by name, or those whose e-mail address, number, name or its pinyin begins with `query`; before
    them those of whom a field of the workspace's own that the caller may read says just that."""
    column, start = search_range(query) if query.strip() else ("sort_key", "")
    cursor = decode_cursor(after, tuple[str, UUID]) if after else None
    size = page_size(limit)
    rows = await store.contacts(tx, column, start, cursor, size + 1)
    shown = rows[:size]
    more = encode_cursor(getattr(shown[-1], column), shown[-1].id) if len(rows) > size else None
    fields = await fields_of(tx, Subject.CONTACT)
    named = await _named(tx, caller, fields, query) if query.strip() and not after else []
    known = {row.id for row in named}
    rows = [*named, *(row for row in shown if row.id not in known)]
    return Page(items=_in_list(fields, caller, rows), next=more)


async def those(tx: Tx, caller: Caller, ids: Sequence[UUID]) -> list[ContactOut]:
    """These, in this order, as a list shows them to `caller`; who is not there is left out."""
    rows = {row.id: row for row in await store.these(tx, ids)} if ids else {}
    return await in_list(tx, caller, [rows[one] for one in ids if one in rows])


async def in_list(tx: Tx, caller: Caller, rows: Sequence[Row[Any]]) -> list[ContactOut]:
    """Rows of the table as a list shows them to `caller`."""
    return _in_list(await fields_of(tx, Subject.CONTACT), caller, rows)


def _in_list(fields: Sequence[CustomField], caller: Caller, rows: Sequence[Row[Any]]) -> list[ContactOut]:
    return [
        structs.replace(contact_of(row._mapping), shown=in_lists(fields, values_of(row), caller))
        for row in rows
    ]


async def _named(tx: Tx, caller: Caller, fields: Sequence[CustomField], query: str) -> list[Row[Any]]:
    ids = await found(tx, caller, Subject.CONTACT, fields, query, _NAMED)
    rows = await store.these(tx, ids) if ids else ()
    return sorted((row for row in rows if row.archived_at is None), key=lambda row: (row.sort_key, row.id))


def values_of(row: Any) -> dict[str, Any]:
    """What the fields of the workspace's own say of a contact."""
    return row.fields.values if row.fields else {}


def contact_of(row: Any) -> ContactOut:
    """A row of the table, by column names, as lists show it."""
    return ContactOut(**_facts(row))


async def detail_of(tx: Tx, row: Row[Any], caller: Caller | None) -> ContactDetail:
    """A contact's row as her card shows it to `caller`; to nobody in particular without such fields."""
    fields = await fields_of(tx, Subject.CONTACT) if caller else ()
    writes = caller is not None and caller.may(Permission.CONTACT_WRITE)
    return ContactDetail(
        **_facts(row._mapping),
        owner_name=await member_name(tx, row.owner_id) if row.owner_id else "",
        company_id=row.company_id,
        company_name=await store.company_name(tx, row.company_id) if row.company_id else "",
        note=row.note,
        attributes=row.attributes.values if row.attributes else {},
        identities=[_identity_out(one) for one in await store.identities_of(tx, row.id)],
        merges=[_merge_out(one) for one in await standing_of(tx, row.id, _MERGES)],
        fields=on(fields, values_of(row), caller, Seals(tx), writes=writes) if caller else [],
    )


def _facts(row: Any) -> dict[str, Any]:
    return {
        "id": row["id"],
        "number": visitor_number(row["id"]),
        "name": row["name"],
        "email": row["email"],
        "phone": row["phone"],
        "language": row["language"],
        "tier": row["tier"],
        "owner_id": row["owner_id"],
        "created_at": wire(row["created_at"]),
    }


def _identity_out(row: Row[Any]) -> IdentityOut:
    return IdentityOut(
        id=row.id,
        account_id=row.account_id,
        external_id=row.external_id,
        verified=row.verified,
        created_at=wire(row.created_at),
    )


def _merge_out(row: ReadRow) -> MergeView:
    return MergeView(
        id=row["id"],
        gone_id=row["gone_id"],
        name=row["name"],
        number=visitor_number(row["gone_id"]),
        how=How(row["how"]),
        by_name=row["by_name"],
        at=wire(row["at"]),
    )
