"""NATS as the carrier: what a server, its other users and its faults can and cannot do to us."""

import ast
import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from nats.aio.client import Client

from kezhan.kit import bus as kit_bus
from kezhan.kit import bus_nats
from kezhan.kit.bus import BusUnfit
from kezhan.kit.bus_nats import LONGEST, NatsBus, subject_of
from kezhan.kit.postgres import Access
from kezhan.kit.testing import PATIENCE, NatsServer, TestCluster, running_nats
from kezhan.kit.tests.carriers import Process, started
from kezhan.kit.tests.papers import credentials, self_signed

Pair = tuple[Process, Process]


@pytest.fixture(scope="module")
def nats() -> Iterator[NatsServer]:
    with running_nats() as server:
        yield server


@pytest.fixture(scope="module")
def place(cluster: TestCluster) -> Iterator[Access]:
    """A database for all: nothing is written to it."""
    access = cluster.fresh()
    yield access
    cluster.drop(access)


@pytest.fixture
async def pair(nats: NatsServer, place: Access, tmp_path: Path) -> AsyncIterator[Pair]:
    ends = Process(place, tmp_path, nats.url), Process(place, tmp_path, nats.url)
    async with started(*ends):
        yield ends


@pytest.fixture
async def stranger(nats: NatsServer) -> AsyncIterator[Client]:
    """One whom the server lets in, and who may hear and say everything."""
    client = Client()
    await client.connect(nats.url)
    yield client
    await client.close()


async def settled(client: Client) -> None:
    """The server has all it was told: the first PING may overtake it, the second cannot."""
    await client.flush()
    await client.flush()


async def overheard(stranger: Client, pair: Pair, hint: bytes) -> bytes:
    """What travels when the first tells the second this."""
    line = await stranger.subscribe(">")
    await settled(stranger)
    pair[0].bus.publish(hint)
    return (await line.next_msg(PATIENCE)).data


RUBBISH: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "words": lambda _: b"7 x [1]",
    "a hint in the clear": lambda _: b'1 abc [{"hint":"bye"}]',
    "cut": lambda sealed: sealed[:-1],
    "within the nonce": lambda sealed: sealed[:9],
    "altered": lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1]),
    "another key's name": lambda sealed: b"k9" + sealed[2:],
    "long": lambda sealed: sealed + bytes(LONGEST),
    "the same again": lambda sealed: sealed,
}


@pytest.mark.parametrize("name", RUBBISH)
async def test_what_a_stranger_says_is_counted_and_dropped(pair: Pair, stranger: Client, name: str) -> None:
    one, two = pair
    sealed = await overheard(stranger, pair, b'"first"')
    await two.until(1)
    subject = await subject_of(one.db, one.keyring)
    for _ in range(2):
        await stranger.publish(subject, RUBBISH[name](sealed))
    await settled(stranger)
    one.bus.publish(b'"second"')
    assert await two.until(2) == [b'"first"', b'"second"']
    assert (two.bus.refused, two.missed, two.ups) == (2, 0, 1)


@pytest.mark.parametrize(
    "head", [b"NATS/1.0", b"NATS/1.0 \xff\xff\xff\r\n\r\n", b"NATS/1.0\r\nno colon\r\n\r\n"]
)
async def test_headers_that_the_client_cannot_read_do_not_deafen_us(
    pair: Pair, nats: NatsServer, head: bytes
) -> None:
    one, two = pair
    subject = await subject_of(one.db, one.keyring)
    reader, writer = await asyncio.open_connection("127.0.0.1", nats.port)
    writer.write(b'CONNECT {"headers":true,"verbose":false}\r\n')
    writer.write(b"HPUB %s %d %d\r\n%sx\r\nPING\r\n" % (subject.encode(), len(head), len(head) + 1, head))
    while b"PONG" not in await reader.readline():
        pass
    writer.close()
    one.bus.publish(b'"after"')
    assert await two.until(1) == [b'"after"']
    assert (two.ups, two.bus.refused) == (1, 1)


async def test_a_stranger_who_listens_learns_nothing(pair: Pair, stranger: Client) -> None:
    heard = await overheard(stranger, pair, b'{"hint":"said","frame":"a secret"}')
    assert b"secret" not in heard
    assert pair[0].bus.id.encode() not in heard


@pytest.mark.parametrize("other", ["database", "keys"])
async def test_another_installation_on_the_same_server_hears_nothing(
    pair: Pair, nats: NatsServer, cluster: TestCluster, place: Access, tmp_path: Path, other: str
) -> None:
    one, two = pair
    access = cluster.fresh() if other == "database" else place
    folder = tmp_path if other == "database" else tmp_path / "other"
    foreign = Process(access, folder, nats.url)
    async with started(foreign):
        one.bus.publish(b"1")
        foreign.bus.publish(b"2")
        await two.until(1)
        await asyncio.sleep(0.05)
    assert (two.hints, one.heard, foreign.heard) == ([b"1"], [], [])
    assert {end.bus.refused for end in (one, two, foreign)} == {0}


async def test_what_is_lost_on_the_way_is_known_from_the_next_that_arrives(pair: Pair) -> None:
    one, two = pair
    assert isinstance(one.bus, NatsBus)
    one.bus.publish(b"1")
    await two.until(1)
    one.bus._number += 1
    one.bus.publish(b"3")
    assert await two.until(2) == [b"1", b"3"]
    assert (two.missed, two.bus.refused) == (1, 0)


async def test_one_who_begins_to_be_heard_in_the_middle_has_said_something_before(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = pair
    assert isinstance(one.bus, NatsBus)
    one.bus._number = 5
    monkeypatch.setattr(bus_nats, "_BEATS_SECONDS", 0.0)
    one.bus.publish(b"6")
    await two.until(1)
    assert two.missed == 1


async def test_without_a_server_it_starts_and_says_so_and_what_waited_is_told_once_there_is_one(
    place: Access, tmp_path: Path
) -> None:
    server = NatsServer()
    one, two = (Process(place, tmp_path, server.url) for _ in range(2))
    async with started(one, two):
        assert (one.bus.up, one.ups) == (False, 0)
        one.bus.publish(b"1")
        try:
            await asyncio.to_thread(server.start)
            await asyncio.gather(one.until_up(1), two.until_up(1))
            one.bus.publish(b"2")
            assert (await two.until(1))[-1] in {b"1", b"2"}
        finally:
            server.kill()
        await one.until_away()


async def test_a_server_that_falls_silent_is_given_up(
    place: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_nats, "SEND_SECONDS", 0.2)
    monkeypatch.setattr(bus_nats, "_CLOSE_SECONDS", 0.1)
    with running_nats() as server:
        one = Process(place, tmp_path, server.url)
        async with started(one):
            server.pause()
            one.bus.publish(b"1")
            await one.until_away()
            server.resume()
            await one.until_up(2)


def test_the_pause_grows_to_a_bound_and_chance_spreads_it() -> None:
    pauses = [kit_bus._pause(n) for n in range(2_000)]
    first, most = kit_bus._PAUSES
    assert first / 2 <= pauses[0] <= first
    assert all(most / 2 <= pause <= most for pause in pauses[5:])
    assert len(set(pauses)) > 1_900


@pytest.mark.parametrize(
    ("words", "given", "enters"),
    [
        (("--user", "kz", "--pass", "p@ss/word"), "kz:p%40ss%2Fword@", True),
        (("--user", "kz", "--pass", "p@ss/word"), "kz:wrong@", False),
        (("--user", "kz", "--pass", "p@ss/word"), "", False),
        (("--auth", "t0ken"), "t0ken@", True),
        (("--auth", "t0ken"), "another@", False),
    ],
)
async def test_who_has_not_the_right_word_stays_outside_and_keeps_working(
    place: Access, tmp_path: Path, words: tuple[str, ...], given: str, enters: bool
) -> None:
    with running_nats(*words) as server:
        one = Process(place, tmp_path, server.url.replace("//", f"//{given}"))
        async with started(one):
            one.bus.publish(b"1")
            assert (one.bus.up, one.ups) == (enters, int(enters))


@pytest.mark.parametrize("what", ["publish", "subscribe"])
async def test_who_may_not_talk_or_not_listen_is_not_taken_for_connected(
    place: Access, tmp_path: Path, what: str
) -> None:
    conf = tmp_path / "nats.conf"
    user = "{user: kz, password: pw, permissions: {" + what + ": {deny: 'kezhan.>'}}}"
    conf.write_text("authorization {users: [" + user + "]}")
    with running_nats("--config", str(conf)) as server:
        one = Process(place, tmp_path, server.url.replace("//", "//kz:pw@"))
        async with started(one):
            one.bus.publish(b"1")
            await one.until_away()


async def test_a_credentials_file_lets_in_and_a_foreign_one_does_not(place: Access, tmp_path: Path) -> None:
    conf, right = credentials(tmp_path / "one")
    _, wrong = credentials(tmp_path / "two")
    with running_nats("--config", str(conf)) as server:
        ends = [Process(place, tmp_path, server.url, nats_credentials=file) for file in (right, wrong)]
        async with started(*ends):
            assert [end.bus.up for end in ends] == [True, False]


@pytest.mark.parametrize("text", ["", "no papers", "-----BEGIN A-----\nx\n------END A------\n" * 2])
async def test_a_file_that_holds_no_credentials_is_a_fault_of_the_line_and_not_of_the_process(
    nats: NatsServer, place: Access, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "user.creds"
    file.write_text(text)
    one = Process(place, tmp_path, nats.url, nats_credentials=file)
    async with started(one):
        assert not one.bus.up


async def test_tls_is_checked_against_the_machines_authorities(
    place: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = self_signed(tmp_path)
    with running_nats("--tls", "--tlscert", str(certificate), "--tlskey", str(key)) as server:
        url = f"tls://127.0.0.1:{server.port}"
        unknown = Process(place, tmp_path, url)
        async with started(unknown):
            assert not unknown.bus.up
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        known = Process(place, tmp_path, url)
        async with started(known):
            assert known.bus.up


async def test_where_tls_is_asked_for_no_password_is_told_in_the_clear(place: Access, tmp_path: Path) -> None:
    told: list[bytes] = []

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_id":"x","version":"2.15.1","max_payload":1048576}\r\n')
        told.append(await reader.read(1000))
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        one = Process(place, tmp_path, f"tls://kz:secret@127.0.0.1:{port}")
        async with started(one):
            assert not one.bus.up
    assert told[0] == b""


async def test_of_several_servers_any_one_will_do(nats: NatsServer, place: Access, tmp_path: Path) -> None:
    gone = NatsServer()
    one = Process(place, tmp_path, f"{gone.url},{nats.url}")
    async with started(one):
        assert one.bus.up


def test_asked_for_and_not_installed_it_names_what_to_install(
    place: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "kezhan.kit.bus_nats")
    monkeypatch.setitem(sys.modules, "nats", None)
    monkeypatch.setitem(sys.modules, "nats.errors", None)
    with pytest.raises(BusUnfit, match=r"pip install 'kezhan\[nats\]'"):
        Process(place, tmp_path, "nats://127.0.0.1:4222")


def test_nothing_loads_it_before_it_is_asked_for() -> None:
    """What a file imports at its top is loaded wherever the house is."""
    root = Path(kit_bus.__file__).parents[1]
    for file in root.rglob("*.py"):
        if "tests" in file.parts or file.name == "bus_nats.py":
            continue
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert "nats" not in ast.unparse(node).replace(".", " ").replace("_", " ").split(), file
