"""`kezhan up`: database, pages and house brought up in order, told in plain lines, and taken down again."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import httpx2
import msgspec
from sqlalchemy.exc import DBAPIError, OperationalError

from kezhan.app import House
from kezhan.audit.chain.command import Unknown, check, heads, kept_heads
from kezhan.backup import command as backup
from kezhan.backup.restore import check_started
from kezhan.channels.first_run import ensure_demo_shop
from kezhan.demo.replies import ensure_demo_replies
from kezhan.kit import words
from kezhan.kit.bus import BusUnfit
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.log import log
from kezhan.kit.migrate import upgrade
from kezhan.kit.postgres import Access, Cluster, DataFolderBusy, PostgresFault, attach, supervise
from kezhan.kit.server import StartFailed, run
from kezhan.kit.webbuild import WebBuildFault, ensure_assets
from kezhan.rekey import command as rekey
from kezhan.settings import Settings
from kezhan.simulate.demo import fill_demo
from kezhan.surveys.first_run import answer_demo, ensure_demo_survey
from kezhan.wiring import wiring
from kezhan.workspaces.access.rules import open_networks, reset_factors
from kezhan.workspaces.first_run import FirstRun, ensure_first_run


class Unfit(Exception):
    """The settings do not go together; the message is fit for a person."""


def say(line: str = "") -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def serve(settings: Settings, root: Path) -> int:
    """Serve until told to stop; the exit code. Predictable faults are a sentence, never a traceback."""

    def work() -> None:
        check_fit(settings)
        settings.data.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(1) as builder, _database(settings) as (access, cluster):
            pages = builder.submit(ensure_assets, root, say) if settings.pages else None
            _upgrade(settings, access)
            run(_serve(settings, access, cluster, pages))

    return _told(settings, work)


def migrate(settings: Settings) -> int:
    """Bring the database to this version; the exit code. Processes that serve go on meanwhile."""

    def work() -> None:
        with _database(settings) as (access, _):
            _upgrade(settings, access)

    return _told(settings, work)


def back_up(settings: Settings) -> int:
    """Make a backup; the exit code. Whether Kezhan serves meanwhile or not."""
    return _told(settings, lambda: backup.back_up(settings, say))


def rotate_key(settings: Settings) -> int:
    """Bring all that is sealed under a new key; the exit code. Whether Kezhan serves meanwhile or not."""
    return _told(settings, lambda: rekey.rotate_key(settings, say))


def show_key(settings: Settings) -> int:
    return _told(settings, lambda: backup.show_key(settings, say))


def list_archives(settings: Settings) -> int:
    return _told(settings, lambda: backup.list_archives(settings, say))


def restore(settings: Settings, archive: str, key_file: Path | None, *, rehearse: bool) -> int:
    """Bring an archive back, or prove that it could be; the exit code."""
    return _told(settings, lambda: backup.bring_back(settings, archive, key_file, say, rehearse=rehearse))


def _upgrade(settings: Settings, access: Access) -> None:
    kept = backup.before_upgrade(access, settings, say)
    try:
        upgrade(access)
    except DBAPIError as fault:
        why = " ".join(str(fault.orig).split())[:400]
        raise Refused("backup.upgrade_failed" if kept else "backup.migration_failed", said=why) from fault
    backup.after_upgrade(access, kept)


def check_audit(settings: Settings, workspace_id: UUID | None, head: Path | None) -> int:
    """Check the audit log's chain, beside processes that serve or without any; the exit code, 1 where
    something is not as it was written."""
    whole = True

    def work() -> None:
        nonlocal whole
        kept = kept_heads(head) if head is not None else {}
        with _present(settings) as access:
            whole = asyncio.run(check(access, _ring(settings), workspace_id, kept, say))

    return _told(settings, work) or int(not whole)


def show_audit_heads(settings: Settings, workspace_id: UUID | None) -> int:
    """Print the signed ends of the audit log's chains; the exit code."""

    def work() -> None:
        with _present(settings) as access:
            found = asyncio.run(heads(access, _ring(settings), workspace_id))
        say(msgspec.json.format(msgspec.json.encode(found)).decode())

    return _told(settings, work)


def let_in(settings: Settings) -> int:
    """End what keeps people out by their address, in every workspace; the exit code."""

    async def work(db: Database) -> None:
        found = await open_networks(db)
        say(
            f"People come in from anywhere again: {', '.join(map(str, found))}"
            if found
            else "No one was kept out."
        )

    return _told(settings, lambda: _with_database(settings, work))


def forget_factors(settings: Settings, email: str) -> int:
    """Take a person's second factors away; the exit code, 1 where nobody has this e-mail."""
    known = True

    async def work(db: Database) -> None:
        nonlocal known
        known = await reset_factors(db, email)
        say("She signs in with her password alone." if known else "Nobody has this e-mail.")

    return _told(settings, lambda: _with_database(settings, work)) or int(not known)


def _with_database(settings: Settings, work: Callable[[Database], Awaitable[None]]) -> None:
    """As the house has it, with what follows in the same transaction; beside processes that serve or not."""

    async def run() -> None:
        db = Database(access, wiring(), pool=2, ring=_ring(settings))
        try:
            await work(db)
        finally:
            await db.close()

    with _present(settings) as access:
        asyncio.run(run())


def _ring(settings: Settings) -> KeyRing:
    path = settings.data / "keys.json"
    if not path.exists():
        raise Unfit(f"{path} is not there: without the installation's keys nothing can be checked.")
    return KeyRing.open(path)


@contextlib.contextmanager
def _present(settings: Settings) -> Iterator[Access]:
    """The database as it runs already, else for as long as the block takes."""
    try:
        found = None if settings.database_url else attach(settings.data)
    except PostgresFault:
        found = None
    if found is not None:
        yield found
        return
    with _database(settings) as (access, _):
        yield access


def _told(settings: Settings, work: Callable[[], None]) -> int:
    try:
        work()
    except Refused as fault:
        for language in ("en", "zh-CN"):
            say(f"kezhan: {words.say(language, fault.code, **fault.params)}")
        return 1
    except (Unfit, Unknown, BusUnfit, DataFolderBusy, PostgresFault, WebBuildFault, StartFailed) as fault:
        say(f"kezhan: {fault}")
        return 1
    except OperationalError as fault:
        say(f"kezhan: the database cannot be reached 数据库连不上: {' '.join(str(fault.orig).split())}")
        return 1
    except OSError as fault:
        place = fault.filename or f"{settings.host}:{settings.port}"
        say(f"kezhan: {place}: {fault.strerror or fault}")
        return 1
    return 0


def check_fit(settings: Settings) -> None:
    """Beyond this machine people send passwords: no demo there, and TLS before us."""
    if settings.loopback:
        return
    if settings.demo:
        raise Unfit(
            "The demo is for this machine only. Start with --empty to serve other machines. "
            "演示数据只供本机使用；要对外服务，请加 --empty 启动。"
        )
    if not (settings.secure and settings.trusted_proxies):
        raise Unfit(
            "To serve other machines, put a TLS proxy in front and say so: --public-url https://… and "
            "--trusted-proxy NETWORK. "
            "对外服务前请先配置 TLS 代理，并用 --public-url 与 --trusted-proxy 说明。"
        )


@contextlib.contextmanager
def _database(settings: Settings) -> Iterator[tuple[Access, Cluster | None]]:
    check_started(settings.data)
    if settings.database_url:
        yield Access.from_url(settings.database_url), None
        return
    cluster = Cluster(settings.data)
    try:
        yield cluster.start(), cluster
    finally:
        cluster.stop()


async def _serve(
    settings: Settings, access: Access, cluster: Cluster | None, pages: Future[Path] | None
) -> None:
    started = time.monotonic()
    assets: Path | None = None
    if pages is not None:
        assets = await asyncio.wrap_future(pages)
    house = House(settings, access, assets)
    keeper = asyncio.create_task(supervise(cluster)) if cluster else None
    try:
        first = await ensure_first_run(house.db, settings, settings.demo)
        site_key = await ensure_demo_shop(house.db, house.keyring) if settings.demo else None
        if settings.demo:
            await ensure_demo_replies(house.db)
            await ensure_demo_survey(house.db)
        server = house.server()
        announce = asyncio.create_task(_announce(house, first, site_key, started))
        await server.serve()
        announce.cancel()
        await asyncio.gather(announce, return_exceptions=True)
    finally:
        if keeper is not None:
            keeper.cancel()


async def _announce(house: House, first: FirstRun, site_key: str | None, started: float) -> None:
    while not house.ready:
        await asyncio.sleep(0.05)
    address = house.settings.address
    say()
    say(f"  客栈 Kezhan  {address}    ({time.monotonic() - started:.1f} s)")
    if first.demo:
        say(f"  Tea shop 演示商店     {address}/demo")
        for account in first.demo:
            say(f"  Sign in 登录          {account.email}  {account.password}  ({account.role})")
        say(f"  kept in 也保存在      {house.settings.data / 'demo-accounts.txt'}")
    if first.owner_link:
        say(f"  Your own workspace 创建自己的企业空间  {first.owner_link}")
    say("  Ctrl-C stops 停止")
    say()
    if site_key is not None:
        await _open_shop(house, first, site_key)


async def _open_shop(house: House, first: FirstRun, site_key: str) -> None:
    """The demo's first customers come in while the first visitor looks round; they are no reason to fail."""
    accounts = [(account.email, account.password) for account in first.demo]
    try:
        settings = house.settings
        if await fill_demo(settings.local, site_key, accounts, settings.data) is not None:
            await answer_demo(house.db)
    except httpx2.HTTPError as fault:
        log.warning("serve.demo_not_filled", fault=repr(fault))
