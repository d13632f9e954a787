"""The demo's first morning, and the command, against a real house with the demo's people."""

import asyncio
import os
import re
import sys
import time
from collections import Counter
from pathlib import Path

import httpx2

from kezhan.channels.first_run import ensure_demo_shop
from kezhan.kit.testing import PATIENCE
from kezhan.simulate.client import Agent
from kezhan.simulate.demo import MARKER, fill_demo
from kezhan.simulate.play import read_history
from kezhan.testing import Running
from kezhan.workspaces.first_run import ensure_demo_people

_PROGRAM = "import typer; from kezhan.simulate.command import simulate; typer.run(simulate)"


async def demo_shop(house: Running) -> tuple[str, list[tuple[str, str]]]:
    people = await ensure_demo_people(house.db, house.house.settings)
    key = await ensure_demo_shop(house.db, house.house.keyring)
    assert key
    return key, [(person.email, person.password) for person in people]


async def test_the_first_morning_is_played_quickly_once_and_shows_everything(house: Running) -> None:
    key, accounts = await demo_shop(house)
    data = house.house.settings.data
    begun = time.monotonic()
    totals = await fill_demo(house.url, key, accounts, data)
    assert time.monotonic() - begun < 30  # 6 s on an idle machine
    assert totals is not None
    assert totals.good, totals.lines()
    assert (data / MARKER).exists()
    assert await fill_demo(house.url, key, accounts, data) is None
    async with httpx2.AsyncClient() as http:
        owner = await Agent.sign_in(house.url, *accounts[0], http)
        await _look(owner)


async def _look(owner: Agent) -> None:
    lists = [
        await owner.get(f"/api/conversations?name={name}&limit=100") for name in ("all", "closed", "mine")
    ]
    heads = [row["head"] for page in lists[:2] for row in page["items"]]
    unread = sum(row["head"]["inbound_count"] - row["read_inbound"] for row in lists[2]["items"])
    assert Counter(head["state"] for head in heads) == {"assigned": 6, "closed": 5, "queued": 3}
    assert unread > 0
    assert max(head["last_seq"] for head in heads) > 120
    assert {"陈建国", "Jonas Keller", ""} <= {head["contact_name"] for head in heads}
    messages = [message for head in heads for message in await read_history(owner, head["id"])]
    assert {"text", "note", "image", "event"} <= {message["kind"] for message in messages}
    assert any(message.get("edited_at") for message in messages)
    assert any(message.get("recalled_at") for message in messages)
    waiting = next(
        head for head in heads if head["preview"]["text"] == "拍了三盒" or head["state"] == "queued"
    )
    card = await owner.get(f"/api/contacts/{waiting['contact_id']}/card")
    assert card["pages"]
    assert card["pages"][0]["url"].startswith(f"{owner._base}/demo")


async def command(house: Running, *words: str, interrupted: bool = False) -> tuple[int, str]:
    """The command's exit code and what it said; `interrupted`: by Ctrl-C, once it has told that it plays."""
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PROGRAM, "--url", house.url, *words,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
    assert program.stdout
    first = await asyncio.wait_for(program.stdout.readline(), PATIENCE)
    if interrupted:
        program.send_signal(2)
    said, _ = await asyncio.wait_for(program.communicate(), PATIENCE)
    return program.returncode or 0, (first + said).decode()


async def test_the_command_finds_the_site_and_the_agents_in_the_data_folder(house: Running) -> None:
    await demo_shop(house)
    words = ("--customers", "4", "--rate", "240", "--minutes", "0.02", "--agents", "2", "--speed", "200")
    code, said = await command(house, *words, "--data", str(house.house.settings.data))
    assert code == 0, said
    assert "lost 0, doubled 0, unseen 0" in said
    sent = re.search(r"messages sent (\d+), acknowledged (\d+)", said)
    assert sent
    assert sent[1] == sent[2] != "0"


async def test_ctrl_c_ends_the_command_with_its_summary(house: Running) -> None:
    await demo_shop(house)
    words = ("--rate", "600", "--agents", "1", "--data", str(house.house.settings.data))
    code, said = await command(house, *words, interrupted=True)
    assert code == 0, said
    assert "Stopping" in said
    assert "lost 0, doubled 0" in said


async def test_what_cannot_be_done_is_a_sentence_and_exit_2(house: Running, tmp_path: Path) -> None:
    empty = str(tmp_path / "nothing")
    asked = (
        (("--site", "kzp_nobody"), "no website channel with the key"),
        (("--data", empty), "Which website channel?"),
        (("--data", empty, "--site", "x", "--agents", "1"), "agents need as many accounts"),
        (("--language", "fr"), "--language is"),
        (("--url", "http://127.0.0.1:1", "--site", "x"), "127.0.0.1:1"),
        (("--email", "a@b.example", "--password", "wrong"), "401"),
    )
    for words, sentence in asked:
        code, said = await command(house, *words)
        assert code == 2, said
        assert sentence in said
        assert "Traceback" not in said
