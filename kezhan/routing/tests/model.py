"""A reception whose people do anything at any moment, in two processes, and what must hold whenever it is
quiet."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.exc import DBAPIError

from kezhan.conversations import assign, transfer
from kezhan.conversations.number import hold
from kezhan.conversations.receive import Customer, open_conversation
from kezhan.conversations.tests.factories import make_account, make_member, make_workspace
from kezhan.kit.clock import now
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import Runner, Took
from kezhan.kit.postgres import Access
from kezhan.routing import policies, store
from kezhan.routing.choose import choose
from kezhan.routing.lists import add_skill
from kezhan.routing.policy import Need, Order, Policy, Pool, Rule, Step
from kezhan.routing.queue import back, enter, offers, transfers
from kezhan.routing.queue import store as queue
from kezhan.routing.queue.settle import lock, seat_of, settle, waiting_of
from kezhan.routing.rules import SERVING, begin, rules_of
from kezhan.routing.schemas import PolicyIn, SeatEdit, SkillMake, TransferIn
from kezhan.routing.seats import edit, state
from kezhan.routing.seats.store import held_by
from kezhan.routing.tests.factories import rule
from kezhan.routing.timers import handlers
from kezhan.wiring import wiring
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.schemas import TeamMembers, TeamName
from kezhan.workspaces.teams import create_team, set_team_members
from kezhan.workspaces.tests.factories import caller

Act = Callable[[Tx], Awaitable[object]]
REFUSED = Refused, NotFound, Forbidden
GONE = DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError
HANDS = ("hand_on", "hand_to_team", "accept_hand", "decline_hand", "withdraw_hand", "hand_due")
CHANNELS = ("team", "wide", "skilled", "asked", "any")
NEXT = {
    ("", "enqueued"): "queued", ("queued", "enqueued"): "queued", ("queued", "offered"): "offered",
    ("offered", "declined"): "queued", ("offered", "missed"): "queued", ("offered", "withdrawn"): "queued",
    ("offered", "accepted"): "assigned", ("queued", "accepted"): "assigned",
    ("assigned", "transferred"): "assigned", ("assigned", "returned"): "assigned",
    ("assigned", "enqueued"): "queued", ("assigned", "closed"): "closed", ("queued", "left"): "closed",
    ("closed", "reopened"): "assigned", ("queued", "overflowed"): "queued",
    ("offered", "overflowed"): "offered",
    ("queued", "abandoned"): "queued", ("queued", "returned"): "queued",
    # She may go, and come back, while somebody is being asked.
    ("offered", "abandoned"): "offered", ("offered", "enqueued"): "offered",
    ("offered", "returned"): "offered",
    **{("assigned", f"transfer_{kind}"): "assigned"
       for kind in ("offered", "declined", "missed", "withdrawn")},
}  # fmt: skip
"""What may happen to a conversation as it stands, and how it stands then."""


class World:
    """A workspace of its own with `seats` seats, and two processes."""

    def __init__(self, one: Database, two: Database) -> None:
        self.processes = one, two
        self.members: list[UUID] = []
        self.talks: list[UUID] = []
        self.teams: list[UUID] = []
        self.shrunk: set[UUID] = set()
        self.killed = 0

    @classmethod
    async def make(cls, one: Database, two: Database, seats: int = 5, units: int = 2) -> "World":
        world = cls(one, two)
        world.workspace_id = await make_workspace(one)
        world.account_id = await make_account(one, world.workspace_id)
        world.members = [await make_member(one, world.workspace_id, "agent", f"s{n}") for n in range(seats)]
        world.boss = await world.who(await make_member(one, world.workspace_id, "owner", "boss"), "owner")
        async with one.tx(world.workspace_id) as tx:
            await store.add_settings(tx)
            await store.change_settings(tx, {"take_over": False, "live_units": units})
            world.teams = [(await create_team(tx, world.boss, TeamName(name))).id for name in ("A", "B")]
            world.skill = (await _skill(tx)).id
            for n, team in enumerate(world.teams):
                await set_team_members(tx, world.boss, team, TeamMembers(world.members[n::2]))
            for n, member in enumerate(world.members):
                skills = {str(world.skill): 3} if n % 3 == 0 else {}
                await edit.edit_seat(tx, world.boss, member, SeatEdit(skills=skills))
        await world.alone(world.policy(0))
        return world

    workspace_id: UUID
    account_id: UUID
    boss: Caller
    skill: UUID

    async def who(self, member_id: UUID, role: str = "agent") -> Caller:
        return caller(role, id=member_id, workspace_id=self.workspace_id, name=str(member_id)[-4:])

    # What happens

    def opens(self, channel: str) -> Act:
        async def act(tx: Tx) -> None:
            contact_id, identity_id = new_id(), new_id()
            await tx.fetch(
                _CUSTOMER, tx.workspace, contact_id, identity_id, self.account_id, str(identity_id)
            )
            customer = Customer(
                workspace_id=tx.workspace, account_id=self.account_id, channel=channel,
                identity_id=identity_id, contact_id=contact_id,
            )  # fmt: skip
            self.talks.append(await open_conversation(tx, customer))

        return act

    def to_talk(self, kind: str, number: int, seat: int) -> Act:
        """`kind` as of `TALK` in the tests."""

        async def act(tx: Tx) -> None:
            if not self.talks:
                return
            talk, member = self.talks[number % len(self.talks)], self.members[seat % len(self.members)]
            me = await self.who(member)
            if kind == "close":
                await assign.close(tx, self.boss, talk)
            elif kind == "reopen":
                await assign.reopen(tx, msgspec.structs.replace(self.boss, membership_id=member), talk)
            elif kind == "take":
                await assign.take(tx, msgspec.structs.replace(self.boss, membership_id=member), talk)
            elif kind == "assign":
                await assign.assign(tx, self.boss, talk, member)
            elif kind == "release":
                await assign.release(tx, self.boss, talk)
            elif kind == "team":
                await assign.send_to_team(tx, self.boss, talk, self.teams[seat % 2])
            elif kind in HANDS:
                await self._hand(tx, kind, talk, seat)
            elif kind in {"accept", "decline"}:
                asked = await tx.fetch("select offered_to from waits where conversation_id = $1", talk)
                if asked and asked[0]["offered_to"]:
                    me = await self.who(asked[0]["offered_to"])
                await (offers.accept if kind == "accept" else offers.decline)(tx, me, talk)
            else:
                await self._due(tx, kind, talk)

        return act

    async def _hand(self, tx: Tx, kind: str, talk: UUID, seat: int) -> None:
        rows = await tx.fetch("select assignee_id, transfer_to from conversations where id = $1", talk)
        if not rows:
            return  # it is being opened at this moment
        [row] = rows
        holder = await self.who(row["assignee_id"] or self.members[0])
        asked = await self.who(row["transfer_to"] or self.members[0])
        if kind == "hand_on":
            form = TransferIn(member_id=self.members[seat % len(self.members)])
            await transfers.hand_on(tx, holder, talk, form)
        elif kind == "hand_to_team":
            await transfers.hand_on(tx, holder, talk, TransferIn(team_id=self.teams[seat % 2]))
        elif kind == "accept_hand":
            await offers.accept(tx, asked, talk)
        elif kind == "decline_hand":
            await offers.decline(tx, asked, talk)
        elif kind == "withdraw_hand":
            await transfer.withdraw(tx, holder, talk)
        else:
            await hold(tx, talk)
            await tx.fetch(_HAND_OVER_DUE, talk)
            await transfers.on_due(tx, talk)

    async def _due(self, tx: Tx, kind: str, talk: UUID) -> None:
        if kind == "expire":
            await hold(tx, talk)
            await tx.fetch(_EXPIRED, talk)
            await offers.on_offer_due(tx, talk)
        elif kind == "step":
            rules = await begin(tx)
            assert rules is not None
            await tx.fetch(_WAITED, talk)
            await enter.on_step(tx, rules, talk)
        elif kind == "unanswered":
            await back.on_unanswered(tx, talk)
        elif kind == "leave":
            await back.leave_queue(tx, talk, reason="left")
        else:
            await back.come_back(tx, talk)

    def to_seat(self, kind: str, seat: int, more: int) -> Act:
        """`kind`: a state, lose, arrive, on, off (duty), room."""

        async def act(tx: Tx) -> None:
            member = self.members[seat % len(self.members)]
            if kind == "lose":
                await state.lose(tx, [member])
            elif kind == "arrive":
                await state.arrive(tx, member)
            elif kind in {"on", "off"}:
                await state.set_duty(tx, member, kind == "on")
            elif kind == "room":
                self.shrunk.add(member)
                skills = {str(self.skill): more % 5 + 1} if more % 2 else {}
                await edit.edit_seat(tx, self.boss, member, SeatEdit(live_units=more % 4, skills=skills))
            elif kind == "join":
                wanted = [one for n, one in enumerate(self.members) if (n + more) % 3]
                await set_team_members(tx, self.boss, self.teams[seat % 2], TeamMembers(wanted))
            else:
                await state.set_state(tx, member, kind)

        return act

    def policy(self, number: int) -> Act:
        async def act(tx: Tx) -> None:
            version = (await policies.current(tx)).version
            form = PolicyIn(version=version, policy=self._policy(number), despite=True)
            saved = await policies.save(tx, self.boss, form, "en")
            assert saved.version is not None, saved

        return act

    def _policy(self, number: int) -> Policy:
        first, second = self.teams if number % 2 == 0 else self.teams[::-1]
        wide = Step(after_seconds=60, everybody=True)
        rules: list[Rule] = [
            _for("team", pool=Pool(team_ids=[first]), order=[Order.ROUND_ROBIN]),
            _for("wide", pool=Pool(team_ids=[second]), overflow=[wide]),
            _for("skilled", pool=Pool(needs=[Need(self.skill, 2)]), priority=9, order=[Order.BEST_SKILL]),
            _for("asked", accept_seconds=60, priority=number % 3 + 4),
        ]
        return Policy(rules=rules)

    # Doing it

    async def alone(self, act: Act, process: int = 0) -> None:
        """In a transaction of its own. Refusals are answers, not faults."""
        with contextlib.suppress(*REFUSED):
            async with self.processes[process % 2].tx(self.workspace_id) as tx:
                await act(tx)

    async def killed_at(self, act: Act, process: int, after: float) -> None:
        """The same, by a process that dies `after` seconds into it: its line is cut."""
        killer = await self.processes[process % 2].connect("kz_app")
        try:
            async with self.processes[process % 2].tx(self.workspace_id) as tx:
                pid = (await tx.fetch("select pg_backend_pid() as pid"))[0]["pid"]
                work = asyncio.ensure_future(act(tx))
                await asyncio.wait({work}, timeout=after)
                assert await killer.fetchval("select pg_terminate_backend($1, 5000)", pid)
                await work
                await tx.fetch("select 1")
        except (*REFUSED, *GONE):
            self.killed += 1
        finally:
            await killer.close()

    async def together(self, *acts: Awaitable[None]) -> None:
        await asyncio.gather(*acts)
        await self.settle_later()

    async def settle_later(self) -> None:
        """What transactions have left to the next."""
        later = self.processes[0].wiring.later
        (handler,) = [one for one in later if one.name == "routing.settle"]
        runner = Runner(self.processes[0])
        while await runner.step(handler) is not Took.NOTHING:
            pass

    # What must hold

    async def check(self) -> None:
        async with self.processes[1].tx(self.workspace_id) as tx:
            talks = await tx.fetch(_TALKS)
            seats = await tx.fetch(_LOADS)
            rules = await rules_of(tx)
            assert rules is not None
            waits = await queue.waits(tx)
            serving = [seat_of(row) for row in await queue.serving_seats(tx, [tx.workspace], SERVING)]
            events = await tx.fetch(_EVENTS)
        self._one_place(talks)
        for seat in seats:
            assert (seat["live_used"], seat["deferred_used"]) == (seat["live"], seat["deferred"]), dict(seat)
            assert seat["live_used"] <= seat["room"] or seat["membership_id"] in self.shrunk, dict(seat)
        for row in waits:
            if row["state"] == "waiting":
                decision = choose(waiting_of(row), serving, rules.policy, now())
                assert decision.seat_id is None, f"{row['conversation_id']} waits beside a free seat"
        self._story(talks, events)
        assert await self._net() == 0

    def _one_place(self, talks: Sequence[Any]) -> None:
        for talk in talks:
            if talk["transfer_to"] is not None:
                assert (talk["state"], talk["assignee_id"]) == ("assigned", talk["transfer_by"]), dict(talk)
            assert talk["transfer_by"] is None or talk["state"] != "closed", dict(talk)
            held = None if talk["holder"] is None else (talk["holder"], talk["offered"])
            waits = talk["wait"], talk["offered_to"]
            wanted: dict[str, list[Any]] = {
                "closed": [(None, (None, None))],
                "assigned": [((talk["assignee_id"], False), (None, None))],
                "queued": [
                    (None, ("waiting", None)),
                    ((talk["offered_to"], True), ("offered", talk["offered_to"])),
                ],
            }
            assert (held, waits) in wanted[talk["state"]], dict(talk)
            assert talk["ready"] in ([None] if talk["wait"] is None else [talk["wait"] == "waiting"]), dict(
                talk
            )

    def _story(self, talks: Sequence[Any], events: Sequence[Any]) -> None:
        stands: dict[UUID, str] = {}
        for event in events:
            before = stands.get(event["conversation_id"], "")
            assert (before, event["kind"]) in NEXT, (before, event["kind"], event["conversation_id"])
            stands[event["conversation_id"]] = NEXT[before, event["kind"]]
        for talk in talks:
            now_so = "offered" if talk["offered_to"] else talk["state"]
            assert stands[talk["id"]] == now_so, dict(talk)

    async def _net(self) -> int:
        async with self.processes[0].tx(self.workspace_id) as tx:
            rules = await begin(tx)
            assert rules is not None
            return await settle(tx, rules, await lock(tx, await queue.all_queues(tx)), net=True)

    async def line(self, channel: str) -> list[UUID]:
        """Those of a channel who wait by the rules and whom nobody has refused, in their order."""
        async with self.processes[0].tx(self.workspace_id) as tx:
            rows = await tx.fetch(_LINE, channel)
        return [row["conversation_id"] for row in rows]

    async def given(self) -> Counter[UUID]:
        """How many conversations each seat holds."""
        async with self.processes[0].tx(self.workspace_id) as tx:
            rows = await tx.fetch("select membership_id from holdings")
        return Counter(dict.fromkeys(self.members, 0) | Counter(row["membership_id"] for row in rows))

    async def talks_of(self, member: UUID) -> list[UUID]:
        async with self.processes[0].tx(self.workspace_id) as tx:
            return await held_by(tx, member)


def processes(access: Access) -> tuple[Database, Database]:
    """Two with the house's wiring, of what is done later only this room's."""
    wired = replace(wiring(), later=handlers())
    return Database(access, wired, pool=8), Database(access, wired, pool=8)


def any_act(world: World, random: Random) -> Act:
    """For storms: anything at all."""
    what = random.random()
    if what < 0.3:
        return world.opens(random.choice(CHANNELS))
    if what < 0.8:
        kinds = ("close", "close", "take", "assign", "release", "team", "accept", "accept",
                 *HANDS, "hand_on", "accept_hand", "decline", "expire", "step", "unanswered", "leave", "come",
                 "reopen")  # fmt: skip
        return world.to_talk(random.choice(kinds), random.randrange(10_000), random.randrange(100))
    states = ("online", "online", "busy", "away", "lose", "arrive", "arrive", "off", "on", "join")
    return world.to_seat(random.choice(states), random.randrange(100), random.randrange(100))


def _for(channel: str, **facts: Any) -> Rule:
    made = rule(channel, **facts)
    return msgspec.structs.replace(made, when=msgspec.structs.replace(made.when, channels=[channel]))


async def _skill(tx: Tx) -> Any:
    return await add_skill(tx, caller("owner", workspace_id=tx.workspace), SkillMake(name="退款"))


_CUSTOMER = """
    with made as (insert into contacts (workspace_id, id) values ($1, $2))
    insert into identities (workspace_id, id, contact_id, account_id, external_id) values ($1, $3, $2, $4, $5)
"""
_WAITED = "update waits set queued_at = queued_at - interval '61 s' where conversation_id = $1"
_HAND_OVER_DUE = """
    update conversations set transfer_until = now() - interval '1 s' where id = $1 and transfer_by is not null
"""
_EXPIRED = """
    update waits set expires_at = now() - interval '1 s' where conversation_id = $1 and expires_at is not null
"""
_TALKS = """
    select c.id, c.state, c.assignee_id, c.transfer_by, c.transfer_to,
           h.membership_id as holder, h.offered, w.state as wait, w.offered_to,
           (select bool_and(q.ready) from wait_queues q where q.conversation_id = c.id) as ready
    from conversations c
    left join holdings h on h.conversation_id = c.id left join waits w on w.conversation_id = c.id
"""
_LOADS = """
    select s.membership_id, s.live_used, s.deferred_used, coalesce(s.live_units, r.live_units) as room,
           coalesce(sum(h.units) filter (where h.load = 'live'), 0) as live,
           coalesce(sum(h.units) filter (where h.load = 'deferred'), 0) as deferred
    from seats s cross join routing_settings r left join holdings h on h.membership_id = s.membership_id
    group by s.workspace_id, s.membership_id, r.live_units
"""
_EVENTS = "select conversation_id, kind from queue_events order by conversation_id, at, no"
_LINE = """
    select w.conversation_id from waits w join conversations c on c.id = w.conversation_id
    where w.state = 'waiting' and w.team_id is null and w.declined = '{}' and c.channel = $1
      and w.steps = '{}'
    order by w.message, w.priority desc, w.rank_at, w.conversation_id
"""
