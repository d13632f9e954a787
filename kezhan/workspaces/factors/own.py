"""One's own factors: set up, looked at, taken away. Every change wants the password of a moment ago, and what
lets more in than before gives the session another secret."""

from uuid import UUID

from kezhan.kit import clock
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.workspaces.attempts import PER_PEER, check_password, count_attempts, forget_attempts, peer_counter
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.credentials import store as credentials
from kezhan.workspaces.events import Facts
from kezhan.workspaces.factors import codes, steps, store, totp
from kezhan.workspaces.factors.passkeys import Site
from kezhan.workspaces.factors.schemas import (
    Factor,
    FactorsView,
    PasskeyMake,
    PasskeyStep,
    PasskeyView,
    RecoveryCodes,
    TotpOffer,
)
from kezhan.workspaces.profile import end_others
from kezhan.workspaces.sessions import renew

MOST_PASSKEYS = 20


async def view(db: Database, caller: Caller, site: Site) -> FactorsView:
    user_id, session_id = _person(caller)
    async with db.system_tx() as tx:
        has, due = await store.held(tx, user_id), await store.due(tx, user_id)
        keys = await store.passkeys(tx, user_id)
        state = await credentials.session_state(tx, caller.workspace_id, session_id)
    return FactorsView(
        totp=bool(has.apps),
        passkeys=[
            PasskeyView(
                id=key.id,
                name=key.name,
                created_at=clock.wire(key.created_at),
                used_at=clock.wire_or_none(key.used_at),
            )
            for key in keys
        ],
        codes_left=has.codes,
        due=clock.wire_or_none(due),
        proved=state.proved,
        passkeys_work=site.works,
    )


async def prove(db: Database, caller: Caller, password: str) -> str:
    """The session's new secret, with which the factors can be changed for ten minutes. Raises Refused 403 for
    a wrong password, 429 after too many."""
    user_id, session_id = _person(caller)
    async with db.system_tx() as tx:
        user = await credentials.user(tx, user_id)
    if user is None:
        raise NotFound()
    checked = await check_password(db, email=user.email, password=password, peer=caller.peer)
    if not checked.matches:
        raise Refused("workspaces.wrong_own_password", 403, field="password")
    async with db.tx(caller.workspace_id) as tx:
        await emit(tx, caller.did("session.prove", "session", session_id))
        return await renew(tx, caller, {"proved_at": clock.now()})


async def offer_totp(db: Database, caller: Caller, issuer: str) -> TotpOffer:
    """A secret for an app; it counts once a code of it was given. Raises Refused 409 where she has one."""
    user_id = await _proved(db, caller)
    secret = totp.new_secret()
    async with db.system_tx() as tx:
        user, has = await credentials.user(tx, user_id), await store.held(tx, user_id)
        if has.apps or user is None:
            raise Refused("workspaces.app_there", 409)
        await store.offer_totp(tx, user_id, totp.seal(tx.ring, user_id, secret))
    address = totp.address_of(secret, user.email, issuer)
    return TotpOffer(secret=secret, address=address, picture=totp.picture_of(address))


async def confirm_totp(db: Database, caller: Caller, code: str) -> tuple[RecoveryCodes, str]:
    """The app counts from now on: recovery codes, and the session's new secret. Raises Refused 400 for a
    wrong code, 429 after too many."""
    user_id = await _proved(db, caller)
    own, shared = f"factor:{user_id}", peer_counter(caller.peer)
    await count_attempts(db, [(own, steps.PER_USER), (shared, PER_PEER)])
    if not await totp.check(db, user_id, "".join(code.split()), confirmed=False):
        raise Refused("workspaces.code_not_right", 400, field="code")
    async with db.system_tx() as tx:
        await store.confirm_totp(tx, user_id)
    await forget_attempts(db, own, shared)
    return await _added(db, caller, user_id, "totp")


async def remove_totp(db: Database, caller: Caller) -> None:
    """A second time changes nothing. Raises Refused 409 for the last factor where one is needed."""
    user_id = await _proved(db, caller)
    async with db.system_tx() as tx:
        gone = await store.remove_totp(tx, user_id)
        await _check_enough(tx, user_id)
    if gone:
        await _removed(db, caller, "totp")


async def begin_passkey(db: Database, caller: Caller, site: Site) -> PasskeyStep:
    user_id = await _proved(db, caller)
    async with db.system_tx() as tx:
        user = await credentials.user(tx, user_id)
        if len(await store.passkeys(tx, user_id)) >= MOST_PASSKEYS:
            raise Refused("workspaces.too_many_passkeys", 409, most=MOST_PASSKEYS)
    if user is None:
        raise NotFound()
    return await steps.begin_register(db, user_id, user.email, caller.name, site)


async def add_passkey(
    db: Database, caller: Caller, form: PasskeyMake, site: Site
) -> tuple[RecoveryCodes, str]:
    """As `confirm_totp`. Raises Refused 409 for a step that is over or a key that somebody has, 400 for what
    does not fit."""
    user_id = await _proved(db, caller)
    made = await steps.take_register(db, user_id, form.step, form.credential, site)
    row = {"user_id": user_id, "id": new_id(), "name": form.name.strip(), "site": site.name}
    async with db.system_tx() as tx:
        if not await store.add_passkey(tx, {**row, **made._asdict()}):
            raise Refused("workspaces.passkey_there", 409)
    return await _added(db, caller, user_id, "passkey")


async def remove_passkey(db: Database, caller: Caller, passkey_id: UUID) -> None:
    """Raises NotFound, and Refused 409 for the last factor where one is needed."""
    user_id = await _proved(db, caller)
    async with db.system_tx() as tx:
        if not await store.remove_passkey(tx, user_id, passkey_id):
            raise NotFound()
        await _check_enough(tx, user_id)
    await _removed(db, caller, "passkey")


async def renew_codes(db: Database, caller: Caller) -> RecoveryCodes:
    """Ten new ones. Raises Refused 409 where she has no factor that they could stand in for."""
    user_id = await _proved(db, caller)
    async with db.system_tx() as tx:
        has = await store.held(tx, user_id)
        if not has.apps and not has.passkeys:
            raise Refused("workspaces.no_factor", 409)
        made = await codes.renew(tx, user_id)
    async with db.tx(caller.workspace_id) as tx:
        await emit(tx, caller.did("member.renew_codes", "member", caller.membership_id))
    return RecoveryCodes(made)


def _person(caller: Caller) -> tuple[UUID, UUID]:
    if caller.user_id is None or caller.session_id is None:
        raise Forbidden("workspaces.people_only")
    return caller.user_id, caller.session_id


async def _proved(db: Database, caller: Caller) -> UUID:
    """Who it is. Raises Forbidden `workspaces.prove_first` where her password was given long ago."""
    user_id, session_id = _person(caller)
    async with db.system_tx() as tx:
        state = await credentials.session_state(tx, caller.workspace_id, session_id)
    if not state.proved:
        raise Forbidden("workspaces.prove_first")
    return user_id


async def _added(db: Database, caller: Caller, user_id: UUID, factor: Factor) -> tuple[RecoveryCodes, str]:
    """Her first factor ends her other sessions, which were opened without one, and comes with codes."""
    async with db.system_tx() as tx:
        has = await store.held(tx, user_id)
        first = has.apps + has.passkeys == 1
        made = await codes.renew(tx, user_id) if first else []
    if first:
        await end_others(db, caller, "member.add_factor")
    async with db.tx(caller.workspace_id) as tx:
        if not first:
            facts = Facts(factor=factor)
            await emit(tx, caller.did("member.add_factor", "member", caller.membership_id, facts))
        secret = await renew(tx, caller, {"factor": factor})
    return RecoveryCodes(made), secret


async def _check_enough(tx: Tx, user_id: UUID) -> None:
    """Without any factor there is nothing that codes stand in for. Raises Refused 409 where one is needed."""
    has = await store.held(tx, user_id)
    if has.apps or has.passkeys:
        return
    if await store.due(tx, user_id) is not None:
        raise Refused("workspaces.factor_kept", 409)
    await store.remove_all(tx, user_id)


async def _removed(db: Database, caller: Caller, factor: Factor) -> None:
    async with db.tx(caller.workspace_id) as tx:
        facts = Facts(factor=factor)
        await emit(tx, caller.did("member.remove_factor", "member", caller.membership_id, facts))
