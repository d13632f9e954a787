"""Files are looked at for viruses before anybody can open them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from kezhan.doctor.clamd import check_clamd
from kezhan.doctor.findings import Finding
from kezhan.files.scan import Infected, Scanner, Unchecked
from kezhan.files.tests.clamd import EICAR, FOUND, Clamd, clamd_at
from kezhan.files.tests.factories import Person, make_workspace, picture, sign_in
from kezhan.kit.errors import Refused
from kezhan.settings import Settings
from kezhan.testing import Running


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 100_000):
        yield data[start : start + 100_000]


@pytest.mark.parametrize("unix", [True, False], ids=["unix", "tcp"])
async def test_the_daemon_is_spoken_to_as_it_wants(tmp_path: Path, *, unix: bool) -> None:
    async with clamd_at(tmp_path if unix else None) as daemon:
        scanner = Scanner(daemon.place)
        assert await scanner.look(_pieces(b"tea" * 300_000)) == "clean"
        assert daemon.seen == 1
        with pytest.raises(Infected) as found:
            await scanner.look(_pieces(b"x" * 99_990 + EICAR))
        assert found.value.signature == FOUND
        assert (await scanner.version()).startswith("ClamAV 1.4.2")


# what hinders the look → what becomes of the file where it is held back
HINDRANCES: list[tuple[str, type[Refused], str]] = [
    ("slow", Unchecked, "files.unchecked"),
    ("rude", Unchecked, "files.unchecked"),
    ("strange", Unchecked, "files.unchecked"),
    ("short", Refused, "files.unchecked_length"),
    ("away", Unchecked, "files.unchecked"),
]


@pytest.mark.parametrize(("hindrance", "kind", "code"), HINDRANCES, ids=[one[0] for one in HINDRANCES])
async def test_what_cannot_be_looked_at_is_held_back_or_marked(
    hindrance: str, kind: type[Refused], code: str
) -> None:
    async with clamd_at(None) as daemon:
        daemon.mood = hindrance
        if hindrance == "short":
            daemon.most = 50_000
        place = "unix:/nowhere/clamd.ctl" if hindrance == "away" else daemon.place
        with pytest.raises(kind) as refused:
            await Scanner(place, seconds=0.3).look(_pieces(b"x" * 4_000_000))
        assert refused.value.code == code
        marking = Scanner(place, hold=False, seconds=0.3)
        assert await marking.look(_pieces(b"x" * 4_000_000)) == "unchecked"


@pytest.fixture
async def daemon(house: Running) -> AsyncIterator[Clamd]:
    async with clamd_at(None) as daemon:
        house.house.store.scanner = Scanner(daemon.place)
        yield daemon
        house.house.store.scanner = None


async def _send(person: Person, name: str, data: bytes) -> Any:
    files = {"file": (name, data, "application/octet-stream")}
    return await person.client.post("/api/files", files=files, headers={"accept-language": "zh-CN"})


async def test_an_infected_file_is_refused_written_down_and_told_of(house: Running, daemon: Clamd) -> None:
    workspace_id = await make_workspace(house.db)
    agent, owner = await sign_in(house, workspace_id), await sign_in(house, workspace_id, "owner")
    for _ in range(2):  # a second try is no way in
        answer = await _send(agent, "报价单.txt", b"tea\n" + EICAR)
        assert (answer.status_code, answer.json()["code"]) == (400, "files.infected")
        assert "含有病毒" in answer.json()["title"]
    folder = house.house.settings.data / "files" / str(workspace_id)
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    found = (await owner.client.get("/api/infected-files?limit=1")).json()
    assert [(one["name"], one["signature"], one["by"], one["who"]) for one in found["items"]] == [
        ("报价单.txt", FOUND, "member", "林晚晴")
    ]
    rest = (await owner.client.get("/api/infected-files", params={"after": found["next"]})).json()
    assert (len(rest["items"]), rest["next"]) == (1, None)
    log = (await owner.client.get("/api/audit")).json()["items"]
    assert [line["action"] for line in log].count("infected_file.refuse") == 2
    assert (await agent.client.get("/api/infected-files")).status_code == 403
    stranger = await sign_in(house, await make_workspace(house.db), "owner")
    assert (await stranger.client.get("/api/infected-files")).json()["items"] == []


async def test_a_clean_file_comes_in_and_one_let_through_is_marked(house: Running, daemon: Clamd) -> None:
    agent = await sign_in(house, await make_workspace(house.db))
    clean = (await _send(agent, "茶.png", picture())).json()
    assert (clean["unchecked"], daemon.seen) == (False, 1)
    daemon.mood = "rude"
    held = await _send(agent, "茶.png", picture())
    assert (held.status_code, held.json()["code"]) == (503, "files.unchecked")
    house.house.store.scanner = Scanner(daemon.place, hold=False)
    assert (await _send(agent, "茶.png", picture())).json()["unchecked"] is True


def _found(settings: Settings) -> Iterator[tuple[str, str]]:
    findings: Iterator[Finding] = check_clamd(settings)
    return ((one.level, one.code) for one in findings)


def test_the_doctor_tells_whether_the_daemon_answers(tmp_path: Path) -> None:
    away = f"unix:{tmp_path / 'clamd.ctl'}"
    assert list(_found(Settings())) == [("ok", "clamd_off")]
    assert list(_found(Settings(clamd=away))) == [("fault", "clamd_held")]
    assert list(_found(Settings(clamd=away, clamd_away="mark"))) == [("warn", "clamd_marked")]
