"""Builds one process of the house: parts made, routes collected, life begun and ended in order."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from kezhan import __version__, pages
from kezhan.audit import http as audit_http
from kezhan.audit.chain.seal import Sealer
from kezhan.audit.lookups import Lookups, answered
from kezhan.backup import http as backup_http
from kezhan.backup.live import Backups
from kezhan.channels import http as channels_http
from kezhan.channels import visitor_consent, visitor_http
from kezhan.channels.dispatch import DELIVERIES
from kezhan.channels.live import Channels
from kezhan.channels.visitor_socket import VisitorSocket
from kezhan.consent import http as consent_http
from kezhan.consent import lists as consent_lists
from kezhan.contacts import http as contacts_http
from kezhan.contacts.service import visitor_lives
from kezhan.conversations import http as conversations_http
from kezhan.conversations.afresh import resync
from kezhan.conversations.desk import Desk, close_sockets, connected
from kezhan.conversations.events import MessageAppended
from kezhan.conversations.items import Flushed
from kezhan.conversations.socket import AgentSocket
from kezhan.demo import http as demo_http
from kezhan.devices import http as devices_http
from kezhan.devices.send import Pusher
from kezhan.fields import http as fields_http
from kezhan.files import http as files_http
from kezhan.files.objects import Store
from kezhan.files.scan import Scanner
from kezhan.forms import http as forms_http
from kezhan.hours import http as hours_http
from kezhan.integrations import http as integrations_http
from kezhan.integrations.gather import GATHERED
from kezhan.integrations.send import Webhooks
from kezhan.kit.bus import choose_bus
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.http import Answer, on_fault, on_http_exception, on_refused, one_by_one, peer
from kezhan.kit.jobs import Jobs
from kezhan.kit.log import log, tell_end
from kezhan.kit.outbox import Runner
from kezhan.kit.postgres import Access
from kezhan.kit.server import Server, settle_down
from kezhan.kit.shortcut import Provider, Shortcut
from kezhan.kit.sockets import Limits, Roster
from kezhan.kit.timers import TimerRunner
from kezhan.kit.traces import Observed, Traces
from kezhan.orders import http as orders_http
from kezhan.orders.ask import Orders
from kezhan.privacy import http as privacy_http
from kezhan.proactive import http as proactive_http
from kezhan.proactive import live as proactive_live
from kezhan.quick import http as quick_http
from kezhan.realtime.session import UNAUTHORIZED
from kezhan.reports import http as reports_http
from kezhan.reports.alerts.live import Alerts
from kezhan.routing import http as routing_http
from kezhan.routing import visitor_http as routing_visitor_http
from kezhan.routing.live import Reception
from kezhan.routing.seats.views import has_room
from kezhan.scheduled import http as scheduled_http
from kezhan.scheduled.send import Later
from kezhan.screening import http as screening_http
from kezhan.search import http as search_http
from kezhan.segments import http as segments_http
from kezhan.settings import Settings
from kezhan.shapes import complete
from kezhan.shield import http as shield_http
from kezhan.staffchat import http as staffchat_http
from kezhan.staffchat.live import Chat
from kezhan.staffing import http as staffing_http
from kezhan.surveys import http as surveys_http
from kezhan.surveys.answer import overhear
from kezhan.tagging import http as tagging_http
from kezhan.tags import http as tags_http
from kezhan.timeline import http as timeline_http
from kezhan.translate import http as translate_http
from kezhan.translate.work import Translating
from kezhan.unfurl import http as unfurl_http
from kezhan.unfurl.fetch import Unfurling
from kezhan.views import http as views_http
from kezhan.views import live as views_live
from kezhan.visits import http as visits_http
from kezhan.watch import http as watch_http
from kezhan.wiring import TOPICS, add_jobs, daily, on_commit, wiring
from kezhan.workspaces import http as workspaces_http
from kezhan.workspaces.access import over
from kezhan.workspaces.authenticate import AT_HAND, DEPENDENCIES
from kezhan.workspaces.masking import http as masking_http
from kezhan.workspaces.once import once
from kezhan.workspaces.roles import http as roles_http
from kezhan.workspaces.single_sign_on.oidc import Providers

_DAY_SECONDS = 24 * 3600


class House:
    """One process: the database's connections, the live side, the routes, the background runners."""

    def __init__(self, settings: Settings, access: Access, assets: Path | None) -> None:
        self.settings = settings
        self.keyring = KeyRing.open(settings.data / "keys.json")
        scanner = Scanner(settings.clamd, hold=settings.clamd_away == "hold") if settings.clamd else None
        self.store = Store.local(settings.data / "files", scanner)
        self.jobs = Jobs(access)
        self.db = Database(access, wiring(self.jobs), pool=settings.database_pool, ring=self.keyring)
        self.bus = choose_bus(settings, self.db, self.keyring)
        self.desk = Desk(self.db, settings, self.keyring, self.bus)
        self.desk.across.on_missed(lambda: resync(self.desk))
        self.desk.topics = TOPICS
        self.channels = Channels(self.desk, self.store, has_room=has_room, overhear=overhear)
        self.reception = Reception(self.desk)
        self.later = Later(self.desk)
        self.translating = Translating(self.desk)
        self.unfurling = Unfurling(self.db)
        self.alerts = Alerts(self.desk)
        self.chat = Chat(self.desk)
        self.orders = Orders(self.db, self.keyring, settings)
        self.pusher = Pusher(self.desk)
        self.backups = Backups(self.db, settings)
        self.webhooks = Webhooks(self.db, self.keyring, settings)
        proactive_live.listen(self.desk)
        views_live.listen(self.desk)
        self.runner = Runner(self.db)
        self.runner.after |= {DELIVERIES: self._lined_up, GATHERED: self.webhooks.wake}
        self.sealer = Sealer(self.db)
        self._timers = TimerRunner(self.db)
        self._tasks: list[asyncio.Task[None]] = []
        self._server: Server | None = None
        self.ready = False
        self._traces = self._observed() if settings.otel_endpoint else None
        add_jobs(self.jobs, self.store, self.desk, self.unfurling, self.pusher)
        self.app = self._litestar(assets)

    def endpoints(self) -> Sequence[Any]:
        return (AgentSocket(self.desk), VisitorSocket(self.desk))

    def _observed(self) -> Traces:
        traces = Traces(self.settings.otel_endpoint, __version__)
        self.desk.lane.figures.observe = self.runner.observe = self.jobs.observe = traces.observe
        return traces

    def server(self) -> Server:
        self._server = Server(
            Observed(self.app, self._traces.observe) if self._traces else self.app,
            self.endpoints(),
            host=self.settings.host,
            port=self.settings.port,
            websocket=self.settings.websocket,
            open_paths=("/w/v1/",),
            shared=("/widget", "/chat/", "/f/"),
            secure=self.settings.secure,
            limits=Limits(
                frames_per_s=self.settings.frames_per_second, frames_burst=self.settings.frames_burst
            ),
            peer=lambda address, headers: peer(address, headers, self.settings.trusted_proxies),
            drain_s=self.settings.drain_seconds,
        )
        return self._server

    @property
    def stopping(self) -> bool:
        return self._server is not None and self._server.stopping

    @property
    def work(self) -> Sequence[asyncio.Task[None]]:
        """What runs in the background for as long as the process does."""
        return self._tasks

    @property
    def roster(self) -> Roster | None:
        return self._server.roster if self._server is not None else None

    def _litestar(self, assets: Path | None) -> Litestar:
        state = State(
            {
                "db": self.db,
                "settings": self.settings,
                "keyring": self.keyring,
                "store": self.store,
                "desk": self.desk,
                "lookups": self.desk.lookups,
                "known": self.desk.known,
                "channels": self.channels,
                "reception": self.reception,
                "chat": self.chat,
                "jobs": self.jobs,
                "translating": self.translating,
                "orders": self.orders,
                "providers": Providers(self.settings.inside_networks),
                "backups": self.backups,
                "webhooks": self.webhooks,
                "visitor_lives": visitor_lives,
                "agreements": consent_lists,
                "watch": watch_http.Watch(self),
                "assets": assets,
            }
        )
        app = Litestar(
            [*routes(), *pages.routes(assets)],
            dependencies=dependencies(),
            middleware=[once, Shortcut(PROVIDED)],
            response_class=Answer,
            after_response=answered,
            exception_handlers={
                Refused: on_refused,
                HTTPException: on_http_exception,
                Exception: on_fault,
            },
            lifespan=[self._life],
            openapi_config=openapi(),
            state=state,
            logging_config=None,
        )
        one_by_one(app)
        return app

    @contextlib.asynccontextmanager
    async def _life(self, _: Litestar) -> AsyncIterator[None]:
        await self.db.check_roles()
        await self.jobs.open()
        await self.desk.screens.start()
        await self.desk.shield.start()
        await self.desk.consents.start()
        await self.desk.lane.start()
        await self.desk.across.start()
        self.db.on_commit = self._on_commit
        self.desk.lane.on_flush = self._on_flush
        background = (
            self.runner.run(),
            self._timers.run(),
            self.jobs.run(),
            self.channels.run(),
            self.reception.run(),
            self.alerts.run(),
            self.desk.screens.run(),
            self.backups.run(),
            self.sealer.run(),
            self.desk.lookups.run(),
            self.webhooks.run(),
            self.desk.shield.run(),
            over.watch(self.db, lambda: connected(self.desk), self._end_session),
            self._daily(),
        )
        self._tasks = [asyncio.create_task(work) for work in background]
        for task in self._tasks:
            task.add_done_callback(tell_end)
        settle_down()
        self.ready = True
        try:
            yield
        finally:
            self.ready = False
            await self.backups.stop()
            await self.channels.stop()
            await self.reception.stop()
            await self.later.stop()
            await self.translating.stop()
            await self.desk.lane.stop()
            await self.desk.relay.stop()
            await self.chat.stop()
            await self.desk.live.stop()
            await self.desk.across.stop()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self.desk.screens.stop()
            await self.desk.lookups.write()
            await self.desk.shield.stop()
            await self.orders.close()
            await self.jobs.close()
            await self.unfurling.stop()
            await self.pusher.stop()
            await self.webhooks.stop()
            await self.db.close()
            if self._traces is not None:
                await asyncio.to_thread(self._traces.close)

    def _end_session(self, session_id: UUID) -> None:
        close_sockets(self.desk, f"session:{session_id}", UNAUTHORIZED)

    async def _daily(self) -> None:
        while True:
            try:
                async with self.db.alone("daily") as first:
                    if first:
                        await daily(self.db, self.store)
            except Exception as fault:
                log.warning("app.daily_failed", fault=repr(fault))
            await asyncio.sleep(_DAY_SECONDS)

    def _lined_up(self) -> None:
        self.channels.courier.wake()

    def _on_flush(self, flushed: Flushed) -> None:
        self.desk.on_flush(flushed)
        self.runner.wake((MessageAppended,))

    def _on_commit(self, workspace_id: Any, published: Any) -> None:
        on_commit(self.desk, self.channels, self.reception, self.later, workspace_id, published)
        self.runner.wake({type(one.event) for one in published})


def _desk(request: Request[Any, Any, Any]) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def _lookups(request: Request[Any, Any, Any]) -> Lookups:
    lookups: Lookups = request.app.state.lookups
    return lookups


PROVIDED: dict[str, Provider] = {**AT_HAND, "desk": _desk, "lookups": _lookups}


def routes() -> list[Any]:
    """Every route of the house, each with exactly one guard."""
    return [
        *watch_http.routes,
        *workspaces_http.routes,
        *roles_http.routes,
        *masking_http.routes,
        *audit_http.routes,
        *files_http.routes,
        *fields_http.routes,
        *contacts_http.routes,
        *visits_http.routes,
        *hours_http.routes,
        *quick_http.routes,
        *forms_http.routes,
        *orders_http.routes,
        *tags_http.routes,
        *privacy_http.routes,
        *screening_http.routes,
        *shield_http.routes,
        *consent_http.routes,
        *conversations_http.routes,
        *channels_http.routes,
        *staffing_http.routes,
        *visitor_http.routes,
        *visitor_consent.routes,
        *routing_http.routes,
        *routing_visitor_http.routes,
        *proactive_http.routes,
        *surveys_http.routes,
        *staffchat_http.routes,
        *scheduled_http.routes,
        *translate_http.routes,
        *unfurl_http.routes,
        *reports_http.routes,
        *search_http.routes,
        *segments_http.routes,
        *tagging_http.routes,
        *timeline_http.routes,
        *views_http.routes,
        *devices_http.routes,
        *backup_http.routes,
        *integrations_http.routes,
        *demo_http.routes,
    ]


def dependencies() -> dict[str, Provide]:
    at_hand = {"desk": _desk, "lookups": _lookups}
    return DEPENDENCIES | {name: Provide(one, sync_to_thread=False) for name, one in at_hand.items()}


class _Contract(JsonRenderPlugin):
    """Made when it is first asked for."""

    _made: bytes = b""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        if not self._made:
            self._made = msgspec.json.encode(complete(openapi_schema, guards()))
        return self._made


def guards() -> dict[str, str]:
    """The rule of each operation, by its id."""
    found = {}
    for route in routes():
        (guard,) = route.guards
        found[str(route.operation_id)] = str(guard.name)
    return found


def openapi() -> OpenAPIConfig:
    """The contract at /api/openapi.json; a page of ours shows it, none of the framework's."""
    plugin = _Contract(path="/")
    return OpenAPIConfig(
        title="Kezhan", version=__version__, path="/api/openapi.json", render_plugins=[plugin]
    )
