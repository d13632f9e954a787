"""THE table: what happens when something happens. `in_tx` runs inside the cause's transaction and is true at
its commit; `later` follows with a cursor of its own; timers fall due. Nothing else connects rooms upwards."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from kezhan.audit.chain.keep import cut_old
from kezhan.audit.events import AuditExportAsked
from kezhan.audit.exports import ask as audit_export
from kezhan.audit.exports import jobs as audit_jobs
from kezhan.audit.record import on_people_changed
from kezhan.channels import dispatch
from kezhan.channels import tell as channels_tell
from kezhan.channels.events import ChannelChanged, ChannelWorking
from kezhan.channels.live import Channels, drop_old_inbox
from kezhan.consent import lists as consent_lists
from kezhan.contacts.events import ContactsJoined, ContactsParted, ImportAsked, VisitorSessionRevoked
from kezhan.contacts.imports import ask as imports_ask
from kezhan.contacts.imports import work as imports_work
from kezhan.contacts.sealing import work as sealing
from kezhan.conversations import counts, park
from kezhan.conversations.desk import Desk, end_sockets
from kezhan.conversations.events import (
    CompanyChanged,
    ConversationAssigned,
    ConversationClosed,
    ConversationOpened,
    ConversationParked,
    ConversationReopened,
    ConversationResumed,
    MessageChanged,
    TransferEnded,
    TransferOffered,
)
from kezhan.conversations.mentions import keep
from kezhan.conversations.merge import customers
from kezhan.conversations.screen import on_customer_said
from kezhan.conversations.search import index as words
from kezhan.conversations.spam import block
from kezhan.devices import gather as devices_gather
from kezhan.devices import personal as devices_personal
from kezhan.devices.send import Pusher
from kezhan.fields import people as field_people
from kezhan.fields.events import FieldSealing
from kezhan.files import jobs as file_jobs
from kezhan.files.events import FileErased, FileInfected
from kezhan.files.objects import Store
from kezhan.files.service import drop_unattached
from kezhan.hours.events import HoursChanged
from kezhan.integrations import gather as webhooks_gather
from kezhan.integrations import live as webhooks_live
from kezhan.integrations.send import drop_old as drop_old_webhooks
from kezhan.kit.clock import now
from kezhan.kit.db import Database, Tx
from kezhan.kit.jobs import Jobs
from kezhan.kit.outbox import Event, Handler, InTx, Published, Wiring, tidy
from kezhan.kit.sockets import Close
from kezhan.privacy import jobs as privacy_jobs
from kezhan.privacy import requests as privacy
from kezhan.privacy import settings as privacy_settings
from kezhan.privacy.events import PrivacyWorkAsked, WorkspaceExportAsked
from kezhan.privacy.export import ask as whole_export
from kezhan.privacy.export import jobs as whole_jobs
from kezhan.proactive import invite, visitors
from kezhan.proactive import live as proactive_live
from kezhan.realtime.session import UNAUTHORIZED
from kezhan.reports.alerts import channels as channel_alerts
from kezhan.reports.alerts import live as reports_live
from kezhan.routing import live as routing_live
from kezhan.routing import people as routing_people
from kezhan.routing import timers as routing_timers
from kezhan.routing.queue import back, leave, transfers
from kezhan.scheduled import send as scheduled
from kezhan.screening import live as screening_live
from kezhan.screening.events import CustomerSaidWord
from kezhan.search import export as search_export
from kezhan.search import index as search_index
from kezhan.search import jobs as search_jobs
from kezhan.search.events import ExportAsked
from kezhan.segments import service as segments
from kezhan.shield import live as shield_live
from kezhan.shield import uploads as shield_uploads
from kezhan.staffing import duty
from kezhan.staffing import people as staffing_people
from kezhan.surveys import invite as survey_invite
from kezhan.surveys import live as surveys_live
from kezhan.tagging import run as tagging_run
from kezhan.tagging import service as tagging
from kezhan.tags import jobs as tag_jobs
from kezhan.tags import live as tags_live
from kezhan.tags import service as tags
from kezhan.tags.events import TagMerged
from kezhan.translate import work as translate
from kezhan.unfurl import cards as links
from kezhan.unfurl.fetch import Unfurling
from kezhan.views import live as views_live
from kezhan.views import service as view_service
from kezhan.views.bulk import run as bulk
from kezhan.views.events import BulkAsked
from kezhan.workspaces.events import WORKSPACE_EDIT, PeopleChanged, SessionRenewed, SessionRevoked
from kezhan.workspaces.once import drop_old_answers
from kezhan.workspaces.permissions import Permission

IN_TX: Mapping[type[Event], tuple[InTx, ...]] = {
    ChannelChanged: (channel_alerts.on_changed,),
    ChannelWorking: (channel_alerts.on_working,),
    PeopleChanged: (
        on_people_changed,
        routing_people.on_people_changed,
        staffing_people.on_people_changed,
        field_people.on_people_changed,
    ),
    ContactsJoined: (customers.on_joined, block.on_joined, tags.on_joined),
    ContactsParted: (customers.on_parted, block.on_parted, tags.on_parted),
    HoursChanged: (routing_people.on_hours_changed,),
    ConversationOpened: (leave.on_opened,),
    ConversationAssigned: (leave.on_assigned,),
    ConversationReopened: (leave.on_reopened,),
    ConversationResumed: (back.on_resumed,),
    ConversationClosed: (leave.on_closed,),
    ConversationParked: (leave.on_parked,),
    MessageChanged: (translate.on_changed,),
    TransferOffered: (transfers.on_offered,),
    TransferEnded: (transfers.on_ended,),
    CompanyChanged: (transfers.on_company,),
    TagMerged: (view_service.on_tag_merged, segments.on_tag_merged, tagging.on_tag_merged),
    CustomerSaidWord: (on_customer_said,),
    FileInfected: (shield_uploads.on_infected,),
}

TIMERS: Mapping[str, Callable[[Tx, UUID], Awaitable[None]]] = {
    "files.unattached": drop_unattached,
    words.TIMER: words.on_timer,
    search_export.TIMER: search_export.on_timer,
    audit_export.TIMER: audit_export.on_timer,
    imports_ask.TIMER: imports_ask.on_timer,
    privacy.ARCHIVE_TIMER: privacy.on_timer,
    whole_export.TIMER: whole_export.on_timer,
    **search_index.TIMERS,
    **park.TIMERS,
    **block.TIMERS,
    **scheduled.TIMERS,
    **routing_timers.TIMERS,
    duty.TIMER: duty.on_timer,
}


# The live list that is the workspace itself: its name, its settings, its looks.
WORKSPACE = "workspace"
# Lists that change under their readers' eyes → who may follow them.
TOPICS: Mapping[str, str] = {
    WORKSPACE: Permission.MEMBER_READ,
    visitors.TOPIC: Permission.CONTACT_READ,
    routing_live.TOPIC: Permission.CONVERSATION_READ,
    reports_live.TOPIC: Permission.CONVERSATION_READ,
    channels_tell.TOPIC: Permission.CHANNEL_READ,
    surveys_live.TOPIC: Permission.SURVEY_READ,
    views_live.TOPIC: Permission.CONVERSATION_READ,
    bulk.TOPIC: Permission.CONVERSATION_REPLY,
    tags_live.TOPIC: Permission.CONTACT_READ,
    webhooks_live.TOPIC: Permission.WEBHOOK_MANAGE,
    shield_live.TOPIC: Permission.WORKSPACE_MANAGE,
}


def wiring(jobs: Jobs | None = None) -> Wiring:
    """The table as the kit reads it. Without jobs (tests of a room alone) nothing runs later."""
    later: tuple[Handler, ...] = ()
    if jobs:
        later = (
            _begins(jobs, file_jobs.REMOVE, FileErased, lambda event: event.file_id),
            _begins(
                jobs,
                bulk.BULK,
                BulkAsked,
                lambda event: event.bulk_id,
                once=lambda event: f":{event.undo}",
                pause=0.0,
            ),
            _begins(jobs, tag_jobs.MOVE, TagMerged, lambda event: event.tag_id),
            _begins(
                jobs,
                imports_work.IMPORT,
                ImportAsked,
                lambda event: event.import_id,
                once=lambda event: f":{event.step}",
                pause=0.0,
            ),
            _begins(jobs, sealing.SEAL, FieldSealing, lambda event: event.seal_id),
            *counts.handlers(),
            *park.handlers(),
            *keep.handlers(),
            *dispatch.handlers(),
            *words.handlers(),
            *search_index.handlers(),
            _begins(jobs, search_jobs.EXPORT, ExportAsked, lambda event: event.export_id),
            _begins(jobs, privacy_jobs.WORK, PrivacyWorkAsked, lambda event: event.request_id),
            _begins(jobs, whole_jobs.EXPORT, WorkspaceExportAsked, lambda event: event.export_id),
            _begins(jobs, audit_jobs.EXPORT, AuditExportAsked, lambda event: event.export_id),
            *routing_timers.handlers(),
            *invite.handlers(),
            *survey_invite.handlers(),
            *tagging_run.handlers(),
            links.handler(jobs),
            *devices_gather.handlers(jobs),
            *webhooks_gather.handlers(),
        )
    return Wiring(in_tx=IN_TX, later=later, timers=TIMERS)


def _begins(
    jobs: Jobs,
    job: str,
    cause: type[Event],
    ref: Callable[[Any], UUID],
    *,
    once: Callable[[Any], str] = lambda event: "",
    pause: float = 0.1,
) -> Handler:
    """Queues `job` for what each `cause` refers to, one run at a time; `once` parts runs of the same."""

    async def run(tx: Tx, events: Sequence[Event]) -> None:
        for event in events:
            await jobs.defer(job, tx.workspace, ref(event), once=f"{job}:{ref(event)}{once(event)}")

    return Handler(job, (cause,), run, pause=pause)


def add_jobs(jobs: Jobs, store: Store, desk: Desk, unfurling: Unfurling, pusher: Pusher) -> None:
    """Every job by its name."""
    jobs.add(file_jobs.REMOVE, file_jobs.remover(store))
    jobs.add(tag_jobs.MOVE, tag_jobs.mover(desk.db))
    jobs.add(imports_work.IMPORT, imports_work.importer(desk.db, store, consent_lists))
    jobs.add(sealing.SEAL, sealing.sealer(desk.db))
    jobs.add(bulk.BULK, bulk.runner(desk))
    jobs.add(search_jobs.EXPORT, search_jobs.exporter(desk.db, store))
    jobs.add(privacy_jobs.WORK, privacy_jobs.worker(desk.db, store))
    jobs.add(whole_jobs.EXPORT, whole_jobs.exporter(desk.db, store))
    jobs.add(audit_jobs.EXPORT, audit_jobs.exporter(desk.db, store))
    jobs.add(links.FETCH, unfurling.fetch)
    jobs.add(devices_gather.PUSH, pusher.run)


async def daily(db: Database, store: Store) -> None:
    """What is done once a day, by whichever process comes first."""
    await tidy(db)
    await drop_old_inbox(db)
    await screening_live.forget_old(db)
    await shield_live.forget_old(db)
    await drop_old_webhooks(db)
    await drop_old_answers(db)
    await file_jobs.sweep(db, store, now())
    await cut_old(db)
    await privacy_settings.drop_old(db)


def on_commit(
    desk: Desk,
    channels: Channels,
    reception: routing_live.Reception,
    later: scheduled.Later,
    workspace_id: UUID,
    published: list[Published],
) -> None:
    """What the live side does with committed events; each of these tells the other processes too."""
    desk.on_commit(workspace_id, published)
    channels.on_commit(workspace_id, published)
    channels_tell.on_commit(desk, workspace_id, published)
    reception.on_commit(workspace_id, published)
    later.on_commit(workspace_id, published)
    proactive_live.on_commit(desk, workspace_id, published)
    reports_live.on_commit(desk, workspace_id, published)
    surveys_live.on_commit(desk, workspace_id, published)
    tags_live.on_commit(desk.pulse, workspace_id, published)
    webhooks_live.on_commit(desk.pulse, workspace_id, published)
    views_live.on_commit(desk, workspace_id, published)
    devices_personal.on_commit(desk, published)
    for event, topics in published:
        if isinstance(event, SessionRevoked | VisitorSessionRevoked):
            end_sockets(desk, f"session:{event.session_id}", UNAUTHORIZED)
        if isinstance(event, SessionRenewed):
            end_sockets(desk, f"session:{event.session_id}", Close.RESTART)
        if isinstance(event, PeopleChanged):
            if event.action == WORKSPACE_EDIT:
                desk.pulse.touch(WORKSPACE, workspace_id)
            # What she may do has changed: her sockets come back with it.
            for topic in topics:
                end_sockets(desk, topic, Close.RESTART)
