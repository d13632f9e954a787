"""Between password and session: somebody has to show her device. Each step is gone through once."""

from typing import NamedTuple
from uuid import UUID

from kezhan.kit.crypto import new_token, token_digest
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import Refused
from kezhan.kit.rates import Rates
from kezhan.workspaces.attempts import PER_PEER, count_attempts, forget_attempts, peer_counter
from kezhan.workspaces.credentials import store as credentials
from kezhan.workspaces.factors import codes, passkeys, store, totp
from kezhan.workspaces.factors.passkeys import Site
from kezhan.workspaces.factors.schemas import Factor, PasskeySignIn, PasskeyStep, SecondStep, StepForm

PER_USER = 10
"""Wrong codes of one person within 15 minutes."""


_begun = Rates(per_minute=30, burst=30)


class Second(NamedTuple):
    """`factor` None: what she showed was not right."""

    user_id: UUID
    goal_id: UUID | None
    factor: Factor | None


async def begin_second(
    db: Database, user_id: UUID, site: Site, goal_id: UUID | None = None
) -> SecondStep | None:
    """What to ask for; None where she has no factor."""
    async with db.system_tx() as tx:
        has = await store.held(tx, user_id)
        if not has.apps and not has.passkeys:
            return None
        here = [key for key in await store.passkeys(tx, user_id) if key.site == site.name]
        challenge, options = passkeys.ask(site, here, alone=False)
        step = await _begin(tx, "second", site, challenge, user_id=user_id, goal_id=goal_id)
    return SecondStep(step=step, totp=bool(has.apps), options=options if here else None)


async def take_second(db: Database, form: StepForm, site: Site, peer: str) -> Second:
    """Who went through the step, and by what. Raises Refused 401 for one that is over, 429 after too many
    wrong answers of hers or from her address."""
    digest = token_digest(form.step)
    async with db.system_tx() as tx:
        step = await store.step(tx, digest, "second")
    if step is None or step.user_id is None:
        raise Refused("workspaces.step_over", 401)
    own, shared = f"factor:{step.user_id}", peer_counter(peer)
    await count_attempts(db, [(own, PER_USER), (shared, PER_PEER)])
    factor: Factor | None = None
    if form.credential is not None:
        shown = await _shown(db, form.credential, step.challenge, site, alone=False)
        factor = "passkey" if shown == step.user_id else None
    elif form.code is not None:
        factor = await _coded(db, step.user_id, form.code)
    if factor is None:
        return Second(step.user_id, step.goal_id, None)
    async with db.system_tx() as tx:
        if not await store.end_step(tx, digest):
            raise Refused("workspaces.step_over", 401)
    await forget_attempts(db, own, shared)
    return Second(step.user_id, step.goal_id, factor)


async def _coded(db: Database, user_id: UUID, typed: str) -> Factor | None:
    code = "".join(typed.split())
    if code.isascii() and code.isdecimal():
        return "totp" if await totp.check(db, user_id, code, confirmed=True) else None
    async with db.system_tx() as tx:
        return "recovery_code" if await codes.use(tx, user_id, code) else None


async def begin_passkey(db: Database, site: Site, peer: str) -> PasskeyStep:
    """For whoever it may be: her device says who she is. Raises Refused 429 where one address asks often."""
    _begun.spend(peer)
    if not site.works:
        raise Refused("workspaces.no_passkeys_here", 409)
    challenge, options = passkeys.ask(site, (), alone=True)
    async with db.system_tx() as tx:
        await store.drop_old_steps(tx)
        return PasskeyStep(step=await _begin(tx, "passkey", site, challenge), options=options)


async def take_passkey(db: Database, form: PasskeySignIn, site: Site, peer: str) -> UUID | None:
    """Whose passkey this is; None where it is nobody's. Raises Refused 401 for a step that is over, 429 after
    too many attempts from one address."""
    await count_attempts(db, [(peer_counter(peer), PER_PEER)])
    digest = token_digest(form.step)
    async with db.system_tx() as tx:
        step = await store.step(tx, digest, "passkey")
        if step is None or not await store.end_step(tx, digest):
            raise Refused("workspaces.step_over", 401)
    user_id = await _shown(db, form.credential, step.challenge, site, alone=True)
    if user_id is not None:
        async with db.system_tx() as tx:
            await credentials.take_back_attempt(tx, peer_counter(peer))
    return user_id


async def _shown(db: Database, credential: str, challenge: bytes, site: Site, *, alone: bool) -> UUID | None:
    async with db.system_tx() as tx:
        kept = await store.passkey_by_credential(tx, passkeys.credential_id_of(credential), site.name)
        shown = kept and passkeys.shown(site, challenge, credential, kept, alone=alone)
        if kept is None or not shown or not await store.use_passkey(tx, kept, shown.sign_count):
            return None
        user_id: UUID = kept.user_id
        return user_id


async def begin_register(db: Database, user_id: UUID, email: str, name: str, site: Site) -> PasskeyStep:
    if not site.works:
        raise Refused("workspaces.no_passkeys_here", 409)
    async with db.system_tx() as tx:
        has = await store.passkeys(tx, user_id)
        challenge, options = passkeys.offer(site, user_id, email, name, has)
        step = await _begin(tx, "register", site, challenge, user_id=user_id)
    return PasskeyStep(step=step, options=options)


async def take_register(db: Database, user_id: UUID, step: str, credential: str, site: Site) -> passkeys.Made:
    """What her device has made. Raises Refused 409 for a step that is over, 400 for what does not fit it."""
    digest = token_digest(step)
    async with db.system_tx() as tx:
        found = await store.step(tx, digest, "register")
        if found is None or found.user_id != user_id or not await store.end_step(tx, digest):
            raise Refused("workspaces.step_over", 409)
    made = passkeys.made(site, found.challenge, credential)
    if made is None:
        raise Refused("workspaces.bad_passkey", 400, field="credential")
    return made


async def _begin(
    tx: Tx,
    kind: str,
    site: Site,
    challenge: bytes,
    *,
    user_id: UUID | None = None,
    goal_id: UUID | None = None,
) -> str:
    secret = new_token("kzp_")
    row = {"digest": token_digest(secret), "kind": kind, "user_id": user_id, "goal_id": goal_id}
    await store.add_step(tx, {**row, "challenge": challenge, "site": site.name})
    return secret
