"""The Python client, made from the contract, against a house that serves."""

import asyncio
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kezhan.sdk import PACKAGE, write_python
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import member_client


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The client of two rooms: all of them take a while."""
    write_python(tmp_path, {"workspaces", "integrations"})
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def part(name: str) -> Any:
    return importlib.import_module(f"{PACKAGE}.{name}")


async def test_a_program_calls_by_the_client_with_its_key(house: Running, made: None) -> None:
    _, owner = await member_client(house)
    form = {"name": "sync", "scopes": ["team.manage", "member.read", "webhook.manage", "contact.read"]}
    secret = (await owner.post("/api/tokens", json=form)).json()["secret"]
    client = part("client").AuthenticatedClient(base_url=house.url, token=secret, verify_ssl=False)
    models, rooms = part("models"), "api.workspaces.workspaces_"
    team = await asyncio.to_thread(
        part(f"{rooms}create_team").sync, client=client, body=models.TeamName(name="晚班")
    )
    listed = await asyncio.to_thread(part(f"{rooms}list_teams").sync, client=client)
    assert [(one.id, one.name) for one in listed.items] == [(team.id, "晚班")]
    hook = models.EndpointMake(
        name="CRM", address="https://crm.example/", events=[models.HookKind("contact.created")]
    )
    made_hook = await part("api.integrations.integrations_make_endpoint").asyncio(client=client, body=hook)
    assert made_hook.secret.startswith("whsec_") and made_hook.endpoint.state == "on"
    refused = await part(f"{rooms}create_team").asyncio_detailed(client=client, body=models.TeamName(name=""))
    assert refused.status_code == 400


@pytest.mark.long
def test_the_client_leaves_nothing_out(tmp_path: Path) -> None:
    write_python(tmp_path)
    assert len(list((tmp_path / PACKAGE / "api").rglob("*.py"))) > 200
