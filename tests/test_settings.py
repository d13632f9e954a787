"""Settings: the environment and the command line as one object, and a sentence for what cannot be."""

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from kezhan import cli
from kezhan.serve import Unfit, check_fit
from kezhan.settings import Settings, secret_folders

LONELY = {"host": "192.168.1.5", "demo": False}


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine that runs the tests counts, and its `.env` neither."""
    for name in [name for name in os.environ if name.startswith("KEZHAN_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_without_a_word_the_house_is_this_machines_own_with_its_demo() -> None:
    settings = Settings()
    assert (settings.host, settings.port, settings.demo, settings.pages) == ("127.0.0.1", 8700, True, True)
    assert settings.address == "http://127.0.0.1:8700"
    assert settings.loopback
    assert not settings.secure
    assert settings.trusted_proxies == ()
    assert settings.metrics_networks == ("127.0.0.0/8", "::1/128")


FROM_ENVIRONMENT: list[tuple[str, str, Any]] = [
    ("PORT", "9000", 9000),
    ("HOST", "::1", "::1"),
    ("DATA", "/srv/tea", Path("/srv/tea")),
    ("DEMO", "false", False),
    ("DEMO", "0", False),
    ("PAGES", "off", False),
    ("WEBSOCKET", "asgi", "asgi"),
    ("LOG_LEVEL", "debug", "debug"),
    ("DATABASE_POOL", "3", 3),
    ("DRAIN_SECONDS", "0", 0),
    ("DATABASE_URL", "postgresql://a/b", "postgresql://a/b"),
    ("PUBLIC_URL", "https://kezhan.example", "https://kezhan.example"),
    ("TRUSTED_PROXIES", "10.0.0.0/8", ("10.0.0.0/8",)),
    ("TRUSTED_PROXIES", "10.0.0.0/8, fd00::/8,192.168.1.1", ("10.0.0.0/8", "fd00::/8", "192.168.1.1")),
    ("TRUSTED_PROXIES", "", ()),
    ("METRICS_NETWORKS", "10.0.0.0/8, ::1", ("10.0.0.0/8", "::1")),
    ("METRICS_NETWORKS", "", ()),
    ("NATS_URL", "", ""),
    ("NATS_URL", "tls://kz:p%40ss@bus.example:4222", "tls://kz:p%40ss@bus.example:4222"),
    ("NATS_CREDENTIALS", "/etc/kezhan/bus.creds", Path("/etc/kezhan/bus.creds")),
]


@pytest.mark.parametrize(("name", "text", "value"), FROM_ENVIRONMENT)
def test_the_environment_sets_a_field(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: object
) -> None:
    monkeypatch.setenv(f"KEZHAN_{name}", text)
    assert getattr(Settings(), name.lower()) == value


def test_the_command_line_comes_before_the_environment_and_silence_leaves_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KEZHAN_PORT", "9000")
    monkeypatch.setenv("KEZHAN_HOST", "localhost")
    settings = cli._settings(port=9001, host=None)
    assert (settings.port, settings.host) == (9001, "localhost")


def test_a_secret_may_stand_in_a_file_and_the_environment_comes_before_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "kezhan_database_url").write_text("postgresql://a/b\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert tmp_path in secret_folders()
    given: dict[str, Any] = {"_secrets_dir": secret_folders()}
    assert Settings(**given).database_url == "postgresql://a/b"
    monkeypatch.setenv("KEZHAN_DATABASE_URL", "postgresql://c/d")
    assert Settings(**given).database_url == "postgresql://c/d"


def test_a_folder_of_secrets_that_is_not_there_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "gone"))
    assert tmp_path / "gone" not in secret_folders()


BAD: list[tuple[str, str, str]] = [
    # what it is, what was said, a word the sentence must have
    ("PORT", "abc", "integer"),
    ("PORT", "-1", "greater than or equal to 0"),
    ("PORT", "65536", "less than or equal to 65535"),
    ("WEBSOCKET", "fast", "'picows' or 'asgi'"),
    ("LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
    ("DATABASE_POOL", "0", "greater than or equal to 1"),
    ("DRAIN_SECONDS", "-1", "greater than or equal to 0"),
    ("DEMO", "perhaps", "boolean"),
    ("PUBLIC_URL", "kezhan.example", "match pattern"),
    ("PUBLIC_URL", "https://kezhan.example/chat", "match pattern"),
    ("PUBLIC_URL", "ftp://kezhan.example", "match pattern"),
    ("TRUSTED_PROXIES", "10.0.0/8", "10.0.0/8"),
    ("TRUSTED_PROXIES", "10.0.0.0/8,proxy.example", "proxy.example"),
    ("TRUSTED_PROXIES", "10.0.0.0/33", "10.0.0.0/33"),
    ("METRICS_NETWORKS", "everybody", "everybody"),
    ("NATS_URL", "http://bus.example", "match pattern"),
    ("NATS_URL", "nats://", "match pattern"),
    ("NATS_URL", "nats://a:4222 nats://b:4222", "match pattern"),
    ("NATS_URL", "nats://a/queue", "match pattern"),
    ("FRAMES_PER_SECOND", "0", "greater than 0"),
    ("FRAMES_BURST", "0", "greater than or equal to 1"),
]


@pytest.mark.parametrize(("name", "text", "word"), BAD)
def test_a_setting_that_cannot_be_is_a_sentence_with_its_name_and_exit_2(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, word: str
) -> None:
    monkeypatch.setenv(f"KEZHAN_{name}", text)
    done = CliRunner().invoke(cli.app, ["up"])
    assert done.exit_code == 2
    (line,) = done.output.strip().splitlines()
    assert line.startswith(f"kezhan: {name.lower()} (KEZHAN_{name}): ")
    assert word in line
    assert "Traceback" not in done.output


def test_several_that_cannot_be_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEZHAN_PORT", "x")
    monkeypatch.setenv("KEZHAN_WEBSOCKET", "x")
    done = CliRunner().invoke(cli.app, ["up"])
    assert (done.exit_code, len(done.output.strip().splitlines())) == (2, 2)


def test_several_nats_servers_stand_in_one_line() -> None:
    assert Settings().nats_servers == []
    assert Settings(nats_url="nats://a:4222,tls://b/").nats_servers == ["nats://a:4222", "tls://b"]


def test_a_wrong_nats_address_does_not_tell_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEZHAN_NATS_URL", "http://kz:secret@bus.example")
    assert "secret" not in CliRunner().invoke(cli.app, ["up"]).output


def test_settings_do_not_change_once_made() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1


@pytest.mark.parametrize(
    ("given", "address", "secure"),
    [
        ({}, "http://127.0.0.1:8700", False),
        ({"host": "localhost", "port": 80}, "http://localhost:80", False),
        ({"host": "::1"}, "http://[::1]:8700", False),
        ({"public_url": "https://kezhan.example"}, "https://kezhan.example", True),
        ({"public_url": "https://kezhan.example/"}, "https://kezhan.example", True),
        ({"public_url": "https://kezhan.example:8443"}, "https://kezhan.example:8443", True),
        ({"public_url": "http://inside.example"}, "http://inside.example", False),
    ],
)
def test_the_address_is_what_a_browser_types(given: dict[str, Any], address: str, secure: bool) -> None:
    settings = Settings(**given)
    assert (settings.address, settings.secure) == (address, secure)
    assert settings.local.endswith(f":{settings.port}"), "this machine goes past the proxy"


def test_the_data_folder_becomes_absolute_and_home_is_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert Settings(data=Path("data")).resolved().data == tmp_path / "data"
    assert Settings(data=Path("~/tea")).resolved().data == tmp_path / "home" / "tea"
    assert Settings(data=Path("/a/../b")).resolved().data == Path("/b")


FIT: list[dict[str, Any]] = [
    {},
    {"host": "localhost"},
    {"host": "::1", "demo": False},
    {**LONELY, "public_url": "https://kezhan.example", "trusted_proxies": ("10.0.0.0/8",)},
]
UNFIT: list[tuple[dict[str, Any], str]] = [
    ({"host": "0.0.0.0"}, "--empty"),  # noqa: S104
    ({"host": "::"}, "--empty"),
    ({"host": "kezhan.example"}, "--empty"),
    (LONELY, "--public-url"),
    ({**LONELY, "public_url": "https://kezhan.example"}, "--trusted-proxy"),
    ({**LONELY, "trusted_proxies": ("10.0.0.0/8",)}, "--public-url"),
    ({**LONELY, "public_url": "http://kezhan.example", "trusted_proxies": ("10.0.0.0/8",)}, "https://"),
    (
        {**LONELY, "demo": True, "public_url": "https://a.example", "trusted_proxies": ("10.0.0.0/8",)},
        "--empty",
    ),
]


@pytest.mark.parametrize("given", FIT)
def test_this_machine_alone_or_behind_tls_may_be_served(given: dict[str, Any]) -> None:
    check_fit(Settings(**given))


@pytest.mark.parametrize(("given", "word"), UNFIT)
def test_other_machines_are_not_served_without_tls_or_with_the_demo(given: dict[str, Any], word: str) -> None:
    with pytest.raises(Unfit) as unfit:
        check_fit(Settings(**given))
    assert word in str(unfit.value)
    assert any("一" <= letter <= "鿿" for letter in str(unfit.value)), "said in Chinese too"
