"""What comes in, from a mailbox of this machine with the oddities of real ones."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from fakes.imap import ImapServer
from kezhan.channels.adapters.email import fake, imap
from kezhan.channels.adapters.email import listen as listening
from kezhan.channels.adapters.email.conftest import account
from kezhan.channels.adapters.email.imap import folder_name, quoted
from kezhan.channels.adapters.email.inbound import parse
from kezhan.channels.adapters.email.listen import listen, read_place
from kezhan.channels.base import PULLED, Call, Expired, Inbound, Request, Retry, Turned
from kezhan.channels.tests.contract import line
from kezhan.kit.clock import now
from kezhan.kit.fetch import guarded_client
from kezhan.kit.testing import PATIENCE, until


@dataclass
class House:
    """Keeps what `listen` brings, as the house does: each key once, the cursor with it. `before` each time
    something happens that the test wants."""

    cursor: str = ""
    kept: dict[str, bytes] = field(default_factory=dict)
    repeats: int = 0
    calls: list[Call] = field(default_factory=list)
    before: Callable[[Sequence[Call]], object] = bool

    async def keep(self, calls: Sequence[Call], cursor: str | None) -> None:
        self.before(calls)
        for call in calls:
            self.repeats += call.dedup_key in self.kept
            self.kept.setdefault(call.dedup_key, call.body)
            self.calls.append(call)
        self.cursor = self.cursor if cursor is None else cursor

    @property
    def texts(self) -> list[str]:
        found: list[str] = []
        for body in self.kept.values():
            came = parse(Request(method=PULLED, headers={}, query={}, body=body), fake.account())
            assert isinstance(came, list)
            found += [one.text for one in came if isinstance(one, Inbound)]
        return found


def mail(text: str, **fields: str) -> bytes:
    head = {
        "from": "lin.xia@gmail.example",
        "subject": "Re: tea",
        "message-id": f"<{text}@gmail.example>",
        **fields,
    }
    return "\r\n".join([*(f"{name}: {value}" for name, value in head.items()), "", text, ""]).encode()


@asynccontextmanager
async def listened(house: House, **settings: Any) -> AsyncIterator["asyncio.Task[None]"]:
    """`listen` at work until the end of the block."""
    async with guarded_client(allow_private_hosts=True) as http:
        task = asyncio.create_task(listen(line(account(**settings), http), house.cursor, house.keep))
        try:
            yield task
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError, Retry, Turned, Expired):
                await task


async def refused(house: House, **settings: Any) -> Retry | Turned | Expired:
    """How `listen` ends."""
    async with listened(house, **settings) as task:
        with pytest.raises((Retry, Turned, Expired)) as caught:
            await asyncio.wait_for(task, PATIENCE)
    assert isinstance(caught.value, Retry | Turned | Expired)
    return caught.value


async def test_the_first_time_begins_with_what_comes_from_then_on(box: ImapServer) -> None:
    box.deliver(mail("old"))
    house = House()
    async with listened(house, imap_port=box.port):
        await until(lambda: box.waiting)
        assert read_place(house.cursor) is not None
        box.deliver(mail("one"))
        await until(lambda: house.texts == ["one"])
        box.deliver(mail("two"))
        await until(lambda: house.texts == ["one", "two"])
    assert [letter.seen for letter in box.letters] == [False, False, False]
    assert house.cursor.startswith("7.3.")


async def test_what_came_in_the_meantime_is_caught_up_in_its_order(box: ImapServer) -> None:
    house = House(cursor=f"7.1.{now().date()}")
    for number in range(5):
        box.deliver(mail(f"m{number}"))
    async with listened(house, imap_port=box.port):
        await until(lambda: house.texts == ["m1", "m2", "m3", "m4"])
        await until(lambda: box.waiting)
    assert house.repeats == 0


async def test_mail_that_comes_while_another_is_fetched_does_not_wait_for_the_next_look(
    box: ImapServer,
) -> None:
    house = House(cursor=f"7.0.{now().date()}")
    box.deliver(mail("one"))
    house.before = lambda calls: calls and len(box.letters) == 1 and box.deliver(mail("two"))
    async with listened(house, imap_port=box.port):
        await until(lambda: house.texts == ["one", "two"])


async def test_a_server_without_idle_is_asked_now_and_then(
    box: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.idle = False
    house = House()
    async with listened(house, imap_port=box.port, poll_seconds=0.02):
        await until(lambda: "NOOP" in box.heard)
        box.deliver(mail("one"))
        await until(lambda: house.texts == ["one"])
    assert "IDLE" not in box.heard


async def test_idle_is_begun_again_before_anybody_forgets_it(
    box: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "IDLE_SECONDS", 0.02)
    async with listened(House(), imap_port=box.port):
        await until(lambda: box.heard.count("IDLE") >= 3)


async def test_a_server_that_wants_to_know_who_we_are_is_told(box: ImapServer) -> None:
    box.wants_id = True
    house = House()
    async with listened(house, imap_port=box.port):
        await until(lambda: box.waiting)
    assert 'ID ("name" "Kezhan" "version" "1")' in box.heard


async def test_new_numbers_lose_nothing_and_bring_nothing_twice(box: ImapServer) -> None:
    box.deliver(mail("ancient"), now() - timedelta(days=40))
    house = House(cursor=f"7.1.{now().date()}")
    box.deliver(mail("one"))
    async with listened(house, imap_port=box.port):
        await until(lambda: house.texts == ["one"])
        await until(lambda: box.waiting)
    box.deliver(mail("two"))
    del box.letters[0]
    box.renumber()
    box.deliver(mail("ancient too"), now() - timedelta(days=40))
    async with listened(house, imap_port=box.port):
        await until(lambda: house.texts == ["one", "two"])
        await until(lambda: box.waiting)
        box.deliver(mail("three"))
        await until(lambda: house.texts == ["one", "two", "three"])
    assert house.repeats == 1
    assert house.cursor.startswith("8.4.")


async def test_a_server_that_always_says_that_there_is_something_does_not_keep_us_busy(
    box: ImapServer,
) -> None:
    box.repeats_exists = True
    house = House()
    async with listened(house, imap_port=box.port):
        await until(lambda: box.waiting)
        box.deliver(mail("one"))
        await until(lambda: house.texts == ["one"])
        await until(lambda: box.waiting)
    assert len(box.heard) < 30
    assert house.repeats == 0


async def test_a_connection_that_ends_soon_is_told_and_one_that_held_is_made_again(
    box: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House()
    async with listened(house, imap_port=box.port) as task:
        await until(lambda: box.waiting)
        box.cut()
        with pytest.raises(Retry):
            await asyncio.wait_for(task, PATIENCE)
    monkeypatch.setattr(listening, "STEADY_SECONDS", 0)
    async with listened(house, imap_port=box.port):
        await until(lambda: box.waiting)
        box.cut()
        box.deliver(mail("one"))
        await until(lambda: house.texts == ["one"])


@pytest.mark.parametrize("after", range(1, 9))
async def test_wherever_the_connection_breaks_nothing_is_lost(box: ImapServer, after: int) -> None:
    house = House(cursor=f"7.0.{now().date()}")
    for text in ("one", "two", "three"):
        box.deliver(mail(text))
    box.cut_after = after
    assert isinstance(await refused(house, imap_port=box.port), Retry)
    box.cut_after = 0
    async with listened(house, imap_port=box.port):
        await until(lambda: house.texts == ["one", "two", "three"])
    assert house.repeats == 0


async def test_what_the_house_has_not_kept_comes_again(box: ImapServer) -> None:
    house = House(cursor=f"7.0.{now().date()}")
    box.deliver(mail("one"))

    def full(_: Sequence[Call]) -> None:
        raise OSError("no room")

    house.before = full
    async with listened(house, imap_port=box.port) as task:
        with pytest.raises(OSError, match="no room"):
            await asyncio.wait_for(task, PATIENCE)
    house.before = bool
    async with listened(house, imap_port=box.port):
        await until(lambda: house.texts == ["one"])


async def test_of_a_mail_too_large_and_one_the_server_keeps_back_the_header_comes(
    box: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "MAIL_BYTES", 3000)
    house = House(cursor=f"7.0.{now().date()}")
    box.deliver(mail("large", subject="Video") + b"x" * 4000)
    box.refuses.add(box.deliver(mail("damaged", subject="Order")))
    box.deliver(mail("one"))
    async with listened(house, imap_port=box.port):
        await until(lambda: house.texts == ["Video (0 MB)", "Order (0 MB)", "one"])
    assert all(len(call.body) < 3000 for call in house.calls)


async def test_who_is_not_let_in_is_told_why(box: ImapServer) -> None:
    box.password = "other"
    wrong = await refused(House(), imap_port=box.port)
    assert isinstance(wrong, Turned)
    assert wrong.fault == "token_expired"
    assert isinstance(await refused(House(), imap_port=box.port, auth="oauth2", login="x"), Expired)
    nowhere = await refused(House(), imap_port=box.port, auth="oauth2", folder="客服/&")
    assert isinstance(nowhere, Turned)
    assert nowhere.fault == "not_allowed"
    assert isinstance(await refused(House(), imap_port=1), Retry)
    assert isinstance(await refused(House(), imap_host=""), Turned)


async def test_a_token_opens_the_mailbox(box: ImapServer) -> None:
    async with listened(House(), imap_port=box.port, auth="oauth2"):
        await until(lambda: box.waiting)
    assert box.heard[0].startswith("AUTHENTICATE XOAUTH2 ")


@pytest.mark.parametrize("start_tls", [False, True])
async def test_the_line_is_encrypted_and_the_servers_name_proven(
    certificate: ssl.SSLContext, start_tls: bool
) -> None:
    box = ImapServer(tls=certificate, start_tls=start_tls)
    await box.start()
    security = "starttls" if start_tls else "tls"
    house = House()
    async with listened(house, imap_port=box.port, imap_security=security):
        await until(lambda: box.waiting)
        box.deliver(mail("one"))
        await until(lambda: house.texts == ["one"])
    heard = len([word for word in box.heard if word.startswith("LOGIN")])
    assert isinstance(
        await refused(House(), imap_port=box.port, imap_security=security, imap_host="127.0.0.1"), Retry
    )
    assert len([word for word in box.heard if word.startswith("LOGIN")]) == heard
    await box.stop()


async def test_a_server_without_encryption_gets_no_password_where_it_is_asked_for(box: ImapServer) -> None:
    assert isinstance(await refused(House(), imap_port=box.port, imap_security="starttls"), Turned)
    assert not [word for word in box.heard if word.startswith("LOGIN")]


@asynccontextmanager
async def saying(*lines: bytes) -> AsyncIterator[int]:
    """A server that says just this to whoever comes, one piece for each line it hears."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in lines:
            writer.write(answer)
            if not await reader.readline():
                break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.mark.parametrize(
    "lines",
    [
        (b"220 smtp.example ESMTP\r\n",),
        (b"* BYE too many connections\r\n",),
        (b"* OK\r\n", b"* BYE\r\n"),
        (b"* OK\r\n", b"x {99999999999}\r\n"),
        (b"* OK\r\n", b"x" * 5_000_000),
        (b"* OK\r\n", b"\xff\xfe\x00\r\n" * 10),
        (b"* OK\r\na1 OK done\r\n* OK [UIDVALIDITY 1]\r\n",),
        (b"",),
    ],
)
async def test_what_is_no_mail_server_is_tried_again_later(
    lines: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "SECONDS", 0.3)
    async with saying(*lines) as port:
        assert isinstance(await refused(House(), imap_port=port), Retry)


def test_nobody_writes_commands_of_ours() -> None:
    assert quoted('a"b\\c') == '"a\\"b\\\\c"'
    assert [folder_name(name) for name in ("INBOX", "客服", "a&b", "~peter/mail/台北")] == [
        "INBOX",
        "&W6JnDQ-",
        "a&-b",
        "~peter/mail/&U,BTFw-",
    ]


async def test_a_password_of_two_lines_is_turned(box: ImapServer) -> None:
    assert isinstance(await refused(House(), imap_port=box.port, login="a\r\nb"), Turned)
    assert box.heard == []


@pytest.mark.parametrize("cursor", ["", "x", "7.1", "7.1.2026-13-01", "7.-1.2026-11-22"])
def test_a_cursor_that_cannot_be_read_begins_anew(cursor: str) -> None:
    assert read_place(cursor) is None
