"""Coming in by a one-time link: an invited member, or the first owner of a new workspace."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row

from kezhan.kit import clock
from kezhan.kit.crypto import token_digest
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.workspaces import invitations, store
from kezhan.workspaces.attempts import check_password
from kezhan.workspaces.credentials import store as credentials
from kezhan.workspaces.events import Facts, PeopleChanged
from kezhan.workspaces.factors.passkeys import Site
from kezhan.workspaces.factors.schemas import SecondStep
from kezhan.workspaces.names import email_key, person_sort_key
from kezhan.workspaces.passwords import hash_password
from kezhan.workspaces.roles.named import role_named
from kezhan.workspaces.schemas import Accept, InvitationOffer, SetUp
from kezhan.workspaces.sessions import NewSession, Visit
from kezhan.workspaces.sign_in import enter

OWNER_PREFIX = "kzo_"
_SHORTEST = 10


class _Person(msgspec.Struct, frozen=True, kw_only=True):
    user_id: UUID
    email: str
    name: str


async def show_offer(db: Database, token: str) -> InvitationOffer:
    """What a link offers. Raises NotFound, or Refused 410 for a link used, revoked or expired."""
    found = await _open_link(db, token)
    async with db.system_tx() as tx:
        known = await credentials.user_by_email(tx, email_key(found.email)) if found.email else None
    return InvitationOffer(
        workspace_name=found.workspace_name,
        email=found.email,
        role=found.role,
        role_name=found.role_name or "",
        has_account=known is not None,
        expires_at=clock.wire(found.expires_at),
    )


async def accept_invitation(
    db: Database, token: str, form: Accept, visit: Visit, site: Site
) -> NewSession | SecondStep:
    """Join and be signed in; a known person shows her second factor yet. Raises 401 for her wrong password,
    410 for a dead link."""
    if not token.startswith(invitations.PREFIX):
        raise NotFound("workspaces.no_such_link")
    found = await _open_link(db, token)
    user_id = await _person(db, found.email, form.password, form.language, visit)
    person = _Person(user_id=user_id, email=found.email, name=form.name.strip())
    async with db.tx(found.workspace_id) as tx:
        await _join(tx, found.id, person, visit)
    return await enter(db, user_id, visit, site, found.workspace_id)


async def set_up(db: Database, form: SetUp, visit: Visit, site: Site) -> NewSession | SecondStep:
    """The first owner names the workspace and herself, and is signed in. The link works once."""
    if not form.token.startswith(OWNER_PREFIX):
        raise NotFound("workspaces.no_such_link")
    found = await _open_link(db, form.token)
    user_id = await _person(db, form.email, form.password, form.language, visit)
    person = _Person(user_id=user_id, email=form.email.strip(), name=form.name.strip())
    async with db.tx(found.workspace_id) as tx:
        await _join(tx, found.id, person, visit)
        await store.edit_workspace(tx, {"name": form.workspace_name.strip(), "language": form.language})
    return await enter(db, user_id, visit, site, found.workspace_id)


async def _open_link(db: Database, token: str) -> Row[Any]:
    async with db.system_tx() as tx:
        found = await credentials.invitation_by_digest(tx, token_digest(token))
    if found is None:
        raise NotFound("workspaces.no_such_link")
    state = invitations.state_of(found)
    if state != "open":
        # messages: workspaces.link_*
        raise Refused(f"workspaces.link_{state}", 410)
    return found


async def _join(tx: Tx, invitation_id: UUID, person: _Person, visit: Visit) -> None:
    used = await store.use_invitation(tx, invitation_id)
    if used is None:
        raise Refused("workspaces.link_accepted", 410)
    row = {
        "id": new_id(),
        "user_id": person.user_id,
        "email": person.email,
        "name": person.name,
        "sort_key": person_sort_key(person.name),
        "role": used.role,
        "rights": (await role_named(tx, used.role)).rights,
    }
    membership_id = await store.put_member(tx, row)
    if membership_id is None:
        raise Refused("workspaces.already_member", 409)
    open_teams = await store.active_team_ids(tx, used.team_ids)
    await store.join_teams(tx, [(team_id, membership_id) for team_id in sorted(open_teams)])
    event = PeopleChanged(
        action="member.join",
        actor_kind="member",
        actor_id=membership_id,
        subject_kind="member",
        subject_id=membership_id,
        peer=visit.peer,
        facts=Facts(role=used.role, team_ids=sorted(open_teams) or None),
    )
    await emit(tx, event)


async def _person(db: Database, email: str, password: str, language: str, visit: Visit) -> UUID:
    """The user behind `email`: made with this password, or known and proved by it.

    A user made here without the membership that should follow is no harm: coming again, she proves herself.
    """
    async with db.system_tx() as tx:
        known = await credentials.user_by_email(tx, email_key(email))
    if known is None:
        if len(password) < _SHORTEST:
            raise Refused("workspaces.short_password", 400, field="password", least=_SHORTEST)
        user_id = new_id()
        row = {
            "id": user_id,
            "email": email.strip(),
            "email_key": email_key(email),
            "password_hash": await hash_password(password),
            "language": language,
        }
        async with db.system_tx() as tx:
            if await credentials.add_user(tx, row):
                return user_id
    checked = await check_password(db, email=email, password=password, peer=visit.peer)
    if not checked.matches or checked.user_id is None:
        raise Refused("workspaces.wrong_known_password", 401, field="password")
    return checked.user_id


async def account(db: Database, email: str, language: str, *, make: bool) -> UUID | None:
    """The account of an e-mail that somebody else vouches for, made without a password where there is none
    and `make` says so; None for no account, and for one that is disabled."""
    async with db.system_tx() as tx:
        known = await credentials.user_by_email(tx, email_key(email))
        if known is not None:
            return None if known.disabled_at is not None else known.id
        if not make:
            return None
        made = {"id": new_id(), "email": email, "email_key": email_key(email)}
        await credentials.add_user(tx, {**made, "password_hash": None, "language": language})
        again = await credentials.user_by_email(tx, email_key(email))
        return again.id if again is not None else None
