"""The people of a torture: a fresh workspace with a site, agents signed in, customers arrived."""

import msgspec

from kezhan.channels.accounts import create_account
from kezhan.channels.first_run import ADAPTER
from kezhan.channels.schemas import ChannelMake
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database
from kezhan.kit.ids import new_id
from kezhan.kit.postgres import attach
from kezhan.settings import Settings
from kezhan.shield import store as shield  # house: allow private — what nobody clicks together
from kezhan.shield.schemas import UNBOUND
from kezhan.wiring import wiring
from kezhan.workspaces import store as people  # house: allow private — members without an invitation
from kezhan.workspaces.authenticate import cookie_name
from kezhan.workspaces.credentials import store as credentials  # house: allow private — as above
from kezhan.workspaces.first_run import create_workspace
from kezhan.workspaces.sessions import Visit, open_session
from tests.faults.place import Place
from tests.faults.wire import ask


class Cast(msgspec.Struct, frozen=True, kw_only=True):
    """`agents` are memberships with their cookies, `sessions` what the server told each customer."""

    agents: list[tuple[str, str]]
    sessions: list[dict[str, object]]


async def make_cast(place: Place, customers: int, agents: int) -> Cast:
    settings = Settings(data=place.data, demo=False).resolved()
    db = Database(attach(place.database), wiring(), pool=2)
    staff = []
    try:
        async with db.system_tx() as tx:
            workspace_id = await create_workspace(tx, name="torture")
        async with db.tx(workspace_id) as tx:
            # They talk faster than people do.
            await shield.put_settings(tx, UNBOUND, 0)
            form = ChannelMake(adapter=ADAPTER, name="torture", settings={})
            keyring = KeyRing.open(settings.data / "keys.json")
            site_key = (await create_account(tx, keyring, None, form)).channel.public_key
        for number in range(agents):
            member, user, name = new_id(), new_id(), f"Agent {number}"
            email = f"{user.hex}@example.com"
            async with db.system_tx() as tx:
                row = {"id": user, "email": email, "email_key": email, "password_hash": None}
                await credentials.add_user(tx, {**row, "language": "en"})
            async with db.tx(workspace_id) as tx:
                row = {"id": member, "user_id": user, "email": email, "name": name}
                await people.put_member(tx, {**row, "sort_key": name, "role": "agent"})
                opened = await open_session(tx, member, Visit("127.0.0.1", "torture", "en"))
            staff.append((str(member), f"{cookie_name(settings)}={opened.secret}"))
    finally:
        await db.close()
    sessions = []
    for _ in range(customers):
        asked = {"site_key": site_key}
        status, session = await ask(place.ports[0], "POST", "/w/v1/sessions", {}, asked)
        if status not in {200, 201}:
            raise RuntimeError(f"no customer can arrive: {status} {session}")
        sessions.append(session)
    return Cast(agents=staff, sessions=sessions)
