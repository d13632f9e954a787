"""Fetched only where it is wanted, never inside, within bounds; shown to whom the message is shown."""

import asyncio
import base64
import io
from typing import Any
from uuid import UUID

import pytest
from PIL import Image

from kezhan.contacts.schemas import Identity
from kezhan.contacts.service import open_session
from kezhan.conversations.events import MessageAppended
from kezhan.conversations.tests.place import Member, Place
from kezhan.kit.testing import until
from kezhan.unfurl import cards
from kezhan.unfurl import fetch as fetching
from kezhan.unfurl.tests.conftest import Site, answer

HEAD = b"<title>Tea</title><meta property=og:description content='green'>"


async def switched(place: Place, enabled: bool = True) -> Member:
    admin = await place.member("admin")
    assert (await admin.ask("PUT", "/api/link-previews", {"enabled": enabled})).status_code == 200
    return admin


def png(side: int = 600) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "green").save(out, "PNG")
    return out.getvalue()


async def fetched(place: Place, body: str) -> tuple[UUID, list[Any]]:
    """What became of the links of a message, its job done."""
    conversation = await place.talk(body)
    event = MessageAppended(conversation_id=conversation, seq=2, kind="text", author_kind="visitor")
    async with place.db.tx(place.workspace_id) as tx:
        found = await cards.find(tx, [event])
    for card_id in found:
        await place.house.house.unfurling.fetch(place.workspace_id, card_id)
    return conversation, await place.rows("select * from link_cards order by address")


async def shown(member: Member, conversation: UUID, *seqs: int) -> dict[str, Any]:
    query = "&".join(f"seq={seq}" for seq in seqs or (2,))
    found: dict[str, Any] = await member.get(f"/api/conversations/{conversation}/link-cards?{query}")
    return found


async def test_a_link_gets_a_card_with_a_picture_of_our_own_making(
    place: Place, site: Site, near: None
) -> None:
    admin = await switched(place)
    picture = b"<meta property=og:image content='/p.png'>"
    site.pages = {"/tea": answer(HEAD + picture), "/p.png": answer(png(), "image/png")}
    url = f"{site.url}/tea"
    conversation, rows = await fetched(place, f"看这个 {url}，还有（{url}）。")
    assert [(row.state, row.title, row.about, row.site) for row in rows] == [
        ("found", "Tea", "green", "127.0.0.1")
    ]
    (card,) = (await shown(admin, conversation, 1, 2))["items"]
    assert (card["seq"], card["address"], card["title"]) == (2, url, "Tea")
    kind, _, data = card["picture"].partition(";base64,")
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert (kind, image.format, max(image.size)) == ("data:image/webp", "WEBP", 240)
    assert site.asked == ["/tea", "/p.png"]
    again, _ = await fetched(place, url)
    assert len((await shown(admin, again))["items"]) == 1
    assert site.asked == ["/tea", "/p.png"], "one address is asked once, whoever writes it"
    await place.run("update link_cards set expires_at = now()")
    assert (await shown(admin, again))["items"] == []
    await fetched(place, url)
    assert site.asked[2:] == ["/tea", "/p.png"]


async def test_it_is_off_until_somebody_who_may_switches_it_on(place: Place, site: Site, near: None) -> None:
    agent, admin = await place.member(), await place.member("admin")
    site.pages["/tea"] = answer(HEAD)
    conversation, rows = await fetched(place, f"{site.url}/tea")
    assert (rows, site.asked) == ([], [])
    assert await shown(agent, conversation) == {"enabled": False, "pending": False, "items": []}
    assert (await agent.ask("PUT", "/api/link-previews", {"enabled": True})).status_code == 403
    for _ in range(2):
        await switched(place)
    assert len(await place.rows("select 1 from audit_log where action = 'links.edit'")) == 1
    conversation, _ = await fetched(place, f"{site.url}/tea")
    assert len((await shown(agent, conversation))["items"]) == 1
    await switched(place, False)
    assert (await shown(agent, conversation))["items"] == []
    assert (await admin.get("/api/link-previews")) == {"enabled": False}


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/inside", b"HTTP/1.1 302 Found\r\nconnection: close\r\nlocation: http://127.0.0.2:{port}/x\r\n\r\n"),
        ("/name", b"HTTP/1.1 302 Found\r\nconnection: close\r\nlocation: http://localhost6.internal/\r\n\r\n"),
        ("/kind", answer(HEAD, "application/json")),
        ("/packed", answer(HEAD, "text/html", "content-encoding: gzip")),
        ("/long", answer(HEAD, "text/html", "content-length: 99999999999")),
        ("/bare", answer(b"<p>nothing")),
        ("/broken", b"\0\0"),
        ("/slow", answer(HEAD)),
        ("/gone", b"HTTP/1.1 404 No\r\nconnection: close\r\n\r\n"),
    ],
)  # fmt: skip
async def test_what_leads_inside_or_nowhere_has_no_card(
    place: Place, site: Site, near: None, monkeypatch: pytest.MonkeyPatch, path: str, page: bytes
) -> None:
    admin = await switched(place)
    if path == "/slow":
        site.pause = 2.0
        monkeypatch.setattr(fetching, "SECONDS", 0.1)
    site.pages[path] = page.replace(b"{port}", str(site.port).encode())
    conversation, rows = await fetched(place, site.url + path)
    assert [row.state for row in rows] == ["none"]
    assert site.asked == [path]
    assert await shown(admin, conversation) == {"enabled": True, "pending": False, "items": []}


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1", "0x7f000001"]
)
async def test_an_inside_address_is_never_called(place: Place, site: Site, host: str) -> None:
    await switched(place)
    _, rows = await fetched(place, f"http://{host}:{site.port}/tea")
    assert ([row.state for row in rows], site.asked) == (["none"], [])


async def test_a_name_that_moves_inside_meanwhile_is_not_followed(
    place: Place, site: Site, near: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    await switched(place)
    loop, known = asyncio.get_running_loop(), ["127.0.0.1", "127.0.0.2"]
    look_up = loop.getaddrinfo

    async def moving(host: Any, port: Any, **more: Any) -> Any:
        return await look_up(known.pop(0) if host == "shop.example" else host, port, **more)

    monkeypatch.setattr(loop, "getaddrinfo", moving)
    picture = b"<meta property=og:image content='/p.png'>"
    site.pages = {"/tea": answer(HEAD + picture), "/p.png": answer(png(), "image/png")}
    _, (row,) = await fetched(place, f"http://shop.example:{site.port}/tea")
    assert (row.state, row.picture, known, site.asked) == ("found", None, [], ["/tea"])


async def test_of_a_huge_page_the_head_is_read_and_of_a_huge_picture_nothing(
    place: Place, site: Site, near: None
) -> None:
    await switched(place)
    site.pages["/tea"] = answer(HEAD + b"<meta property=og:image content='/p.png'>" + b"x" * 3_000_000)
    site.pages["/p.png"] = answer(b"x" * (fetching.PICTURE_BYTES + 1), "image/png")
    _, (row,) = await fetched(place, f"{site.url}/tea")
    assert (row.state, row.picture) == ("found", None)


async def test_each_side_sees_the_cards_of_its_own_messages(place: Place, site: Site, near: None) -> None:
    """By the whole road: the message is stored, the job fetches, both ask."""
    await switched(place)
    site.pages = {"/tea": answer(HEAD), "/note": answer(b"<title>Secret</title>")}
    customer, agent, stranger = await place.customer(), await place.member("supervisor"), await place.member()
    told = await place.says(customer, f"{site.url}/tea")
    talk = told.conversation_id
    note = {"type": "send", "client_id": "n", "kind": "note", "body": f"{site.url}/note"}
    assert (await agent.act("POST", talk, "/messages", note))[0] == 201

    async def both() -> Any:
        found = await shown(agent, talk, *range(1, 9))
        return found if not found["pending"] and len(found["items"]) >= 2 else None

    found = await until(both)
    assert {one["title"] for one in found["items"]} == {"Tea", "Secret"}
    await place.run("update conversations set assignee_id = :id where id = :talk", id=agent.id, talk=talk)
    assert (await stranger.act("GET", talk, "/link-cards?seq=2"))[0] == 404
    other = await place.customer()
    for who, status, titles in ((customer, 200, ["Tea"]), (other, 404, None)):
        identity = Identity(
            id=who.identity_id,
            contact_id=who.contact_id,
            account_id=place.account_id,
            external_id="",
            verified=False,
        )
        async with place.db.tx(place.workspace_id) as tx:
            session = await open_session(tx, identity)
        headers = {"Authorization": f"Bearer {session.token}"}
        url = f"{place.house.url}/w/v1/conversations/{talk}/link-cards?" + "&".join(
            f"seq={n}" for n in range(9)
        )
        answered = await place.http.get(url, headers=headers)
        assert answered.status_code == status
        assert titles is None or [one["title"] for one in answered.json()["items"]] == titles
    for query in ("", "?seq=x", "?" + "&".join(["seq=1"] * 51)):
        assert (await agent.act("GET", talk, f"/link-cards{query}"))[0] == 400
