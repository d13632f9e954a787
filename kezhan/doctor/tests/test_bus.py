"""NATS as the doctor sees it: a line of its own where it is asked for, and no password in it."""

import importlib.util
from pathlib import Path

import pytest

from kezhan.doctor.bus import check_bus
from kezhan.doctor.findings import Finding
from kezhan.kit.testing import NatsServer, running_nats
from kezhan.settings import Settings

pytestmark = pytest.mark.usefixtures("bare_environment")


def found(url: str, **given: Path) -> list[Finding]:
    return list(check_bus(Settings(nats_url=url, **given)))  # type: ignore[arg-type]


def codes(url: str, **given: Path) -> dict[str, str]:
    return {one.code: one.level for one in found(url, **given)}


def test_where_nobody_asks_for_nats_nothing_is_said() -> None:
    assert found("") == []


def test_a_server_that_lets_in_is_well_twice_and_one_that_is_gone_or_refuses_is_a_fault() -> None:
    with running_nats("--user", "kz", "--pass", "secret") as server:
        right = server.url.replace("//", "//kz:secret@")
        for _ in range(2):
            assert codes(right) == {"nats": "ok"}
        for wrong in (server.url, server.url.replace("//", "//kz:5ecret@")):
            assert codes(wrong) == {"nats_away": "fault"}
    assert codes(right) == {"nats_away": "fault"}
    assert not any("secret" in one.line(language) for one in found(right) for language in ("en", "zh-CN"))


@pytest.mark.parametrize("may_not", ["publish", "subscribe"])
def test_a_user_without_the_rights_is_told_so(tmp_path: Path, may_not: str) -> None:
    conf = tmp_path / "nats.conf"
    user = "{user: kz, password: pw, permissions: {" + may_not + ": {deny: 'kezhan.>'}}}"
    conf.write_text("authorization {users: [" + user + "]}")
    with running_nats("--config", str(conf)) as server:
        (one,) = found(server.url.replace("//", "//kz:pw@"))
    assert (one.code, "Permissions Violation".lower() in str(one.params["why"]).lower()) == (
        "nats_away",
        True,
    )


def test_a_missing_file_and_a_missing_package_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = NatsServer().url
    assert codes(url, nats_credentials=tmp_path / "none.creds") == {"nats_credentials": "fault"}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert codes(url) == {"nats_package": "fault"}


def test_beyond_this_machine_plain_connections_are_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    async def near(settings: Settings) -> int:
        return 1

    monkeypatch.setattr("kezhan.doctor.bus._round_trip", near)
    assert codes("nats://nats.example:4222") == {"nats": "ok", "nats_plain": "warn"}
    assert codes("tls://nats.example:4222") == {"nats": "ok"}
    assert codes("nats://[::1]:4222,nats://localhost:4223") == {"nats": "ok"}
