"""THE table: what happens when something happens. `in_tx` runs inside the cause's transaction and is true at
its commit; `later` follows with a cursor of its own; timers fall due. Nothing else connects rooms upwards."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

from kezhan.audit.record import on_people_changed
from kezhan.channels import deliver
from kezhan.channels.live import Channels, drop_old_inbox
from kezhan.contacts.events import VisitorSessionRevoked
from kezhan.conversations import counts, park
from kezhan.conversations.desk import Desk, end_sockets
from kezhan.conversations.events import (
    ConversationAssigned,
    ConversationClosed,
    ConversationOpened,
    ConversationParked,
    ConversationReopened,
)
from kezhan.conversations.search import index as words
from kezhan.files import jobs as file_jobs
from kezhan.files.events import FileErased
from kezhan.files.objects import Store
from kezhan.files.service import drop_unattached
from kezhan.hours.events import HoursChanged
from kezhan.kit.clock import now
from kezhan.kit.db import Database, Tx
from kezhan.kit.jobs import Jobs
from kezhan.kit.outbox import Event, Handler, InTx, Published, Wiring, tidy
from kezhan.kit.sockets import Close
from kezhan.proactive import invite, visitors
from kezhan.proactive import live as proactive_live
from kezhan.realtime.session import UNAUTHORIZED
from kezhan.reports.alerts import live as reports_live
from kezhan.routing import live as routing_live
from kezhan.routing import people as routing_people
from kezhan.routing import timers as routing_timers
from kezhan.routing.queue import leave
from kezhan.staffing import duty
from kezhan.staffing import people as staffing_people
from kezhan.workspaces.events import PeopleChanged, SessionRevoked
from kezhan.workspaces.permissions import Permission

IN_TX: Mapping[type[Event], tuple[InTx, ...]] = {
    PeopleChanged: (
        on_people_changed,
        routing_people.on_people_changed,
        staffing_people.on_people_changed,
    ),
    HoursChanged: (routing_people.on_hours_changed,),
    ConversationOpened: (leave.on_opened,),
    ConversationAssigned: (leave.on_assigned,),
    ConversationReopened: (leave.on_reopened,),
    ConversationClosed: (leave.on_closed,),
    ConversationParked: (leave.on_parked,),
}

TIMERS: Mapping[str, Callable[[Tx, UUID], Awaitable[None]]] = {
    "files.unattached": drop_unattached,
    words.TIMER: words.on_timer,
    **routing_timers.TIMERS,
    duty.TIMER: duty.on_timer,
}


# Lists that change under their readers' eyes → who may follow them.
TOPICS: Mapping[str, str] = {
    visitors.TOPIC: Permission.CONTACT_READ,
    routing_live.TOPIC: Permission.CONVERSATION_READ,
    reports_live.TOPIC: Permission.CONVERSATION_READ,
}


def wiring(jobs: Jobs | None = None) -> Wiring:
    """The table as the kit reads it. Without jobs (tests of a room alone) nothing runs later."""
    later: tuple[Handler, ...] = ()
    if jobs:
        later = (
            _files_removed(jobs),
            *counts.handlers(),
            *park.handlers(),
            *deliver.handlers(),
            *words.handlers(),
            *routing_timers.handlers(),
            *invite.handlers(),
        )
    return Wiring(in_tx=IN_TX, later=later, timers=TIMERS)


def _files_removed(jobs: Jobs) -> Handler:
    async def run(tx: Tx, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, FileErased):
                await jobs.defer(
                    file_jobs.REMOVE, tx.workspace, event.file_id, once=f"files.remove:{event.file_id}"
                )

    return Handler("files.remove", (FileErased,), run)


def add_jobs(jobs: Jobs, store: Store) -> None:
    """Every job by its name."""
    jobs.add(file_jobs.REMOVE, file_jobs.remover(store))


async def daily(db: Database, store: Store) -> None:
    """What is done once a day, by whichever process comes first."""
    await tidy(db)
    await drop_old_inbox(db)
    await file_jobs.sweep(db, store, now())


def on_commit(
    desk: Desk,
    channels: Channels,
    reception: routing_live.Reception,
    workspace_id: UUID,
    published: list[Published],
) -> None:
    """What the live side does with committed events; each of these tells the other processes too."""
    desk.on_commit(workspace_id, published)
    channels.on_commit(workspace_id, published)
    reception.on_commit(workspace_id, published)
    proactive_live.on_commit(desk, workspace_id, published)
    reports_live.on_commit(desk, workspace_id, published)
    for event, topics in published:
        if isinstance(event, SessionRevoked | VisitorSessionRevoked):
            end_sockets(desk, f"session:{event.session_id}", UNAUTHORIZED)
        if isinstance(event, PeopleChanged):
            # What she may do has changed: her sockets come back with it.
            for topic in topics:
                end_sockets(desk, topic, Close.RESTART)
