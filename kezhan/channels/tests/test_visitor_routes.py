"""The customers' protocol over HTTP: sites, sessions, history, files, and who is turned away."""

import io
from typing import Any

import httpx2
import pytest
from PIL import Image
from sqlalchemy import text

from kezhan.channels import visitor_http
from kezhan.channels.accounts import create_account, forget_accounts
from kezhan.channels.schemas import ChannelMake
from kezhan.channels.tests.people import Shop, make_shop
from kezhan.channels.tests.test_identity import signed
from kezhan.kit.ids import new_id
from kezhan.kit.rates import Rates
from kezhan.kit.testing import until
from kezhan.testing import Running

Json = dict[str, Any]


async def ask(shop: Shop, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
    return await shop.http.request(method, shop.url + path, json=body, headers=headers)


async def arrive(shop: Shop, **more: Any) -> httpx2.Response:
    headers = more.pop("headers", {})
    return await ask(shop, "POST", "/w/v1/sessions", {"site_key": shop.site_key, **more}, **headers)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def settle(shop: Shop, **settings: Any) -> None:
    """Change the site's settings as its owner does."""
    owner = await shop.agent("owner")
    answer = await owner.request("PATCH", f"/api/channels/{shop.account_id}", {"settings": settings})
    assert answer.status_code == 200, answer.text


async def second_site(shop: Shop, adapter: str = "webchat") -> Shop:
    """Another channel of the same workspace."""
    async with shop.db.tx(shop.workspace_id) as tx:
        made = await create_account(tx, shop.keyring, None, ChannelMake(adapter=adapter, name="Second"))
    key = made.channel.public_key
    return Shop(
        shop.url, shop.db, shop.keyring, shop.workspace_id, made.channel.id, key, made.secret or "", shop.http
    )


# Sites


async def test_a_site_says_how_it_looks_and_nothing_of_how_it_is_kept(shop: Shop) -> None:
    await settle(shop, greeting="您好", accent="#aa3311", position="left", origins=["https://a.example"])
    site = (await ask(shop, "GET", f"/w/v1/sites/{shop.site_key}")).json()
    assert site == {
        "key": shop.site_key, "title": "Tea shop", "accent": "#aa3311", "logo": None, "greeting": "您好",
        "placeholder": "", "offline_text": "", "message_text": "", "languages": ["zh-CN", "en"],
        "position": "left", "launcher": True,
    }  # fmt: skip


async def test_a_site_has_its_workspaces_logo_and_without_a_colour_its_colour(shop: Shop) -> None:
    async def shown() -> Json:
        forget_accounts(shop.db)  # what was found a moment ago may be out of date
        site: Json = (await ask(shop, "GET", f"/w/v1/sites/{shop.site_key}")).json()
        return site

    async def accent() -> str:
        return str((await shown())["accent"])

    assert await accent() == "#1f5c4a"
    owner = await shop.agent("owner")
    await owner.request("PATCH", "/api/workspace", {"accent": "#1c5fa8"})
    assert await accent() == "#1c5fa8"
    file = await owner.upload("logo.png", "image/png", picture())
    space = (await owner.request("PUT", "/api/workspace/logo", {"file_id": file["id"]})).json()
    assert (await shown())["logo"] == space["logo"] is not None
    assert (await arrive(shop)).json()["site"]["accent"] == "#1c5fa8"
    await settle(shop, accent="#aa3311")
    assert await accent() == "#aa3311"
    await settle(shop, accent="")
    assert await accent() == "#1c5fa8"


@pytest.mark.parametrize("key", ["kzp_nobody", "kzp_" + "x" * 2000, "%20", "kzk_secret"])
async def test_a_key_of_no_site_is_told_the_same_whatever_it_looks_like(shop: Shop, key: str) -> None:
    answer = await ask(shop, "GET", f"/w/v1/sites/{key}")
    assert (answer.status_code, answer.json()["code"]) == (404, "channels.no_such_site")


async def test_the_key_of_another_kind_of_channel_opens_no_site(shop: Shop) -> None:
    other = await second_site(shop, "open")
    assert (await ask(shop, "GET", f"/w/v1/sites/{other.site_key}")).status_code == 404
    assert (await arrive(other)).status_code == 404


async def test_after_the_sites_end_no_session_opens_and_none_goes_on(shop: Shop) -> None:
    visitor, owner = await shop.visitor(), await shop.agent("owner")
    await visitor.say("in time")
    await owner.request("DELETE", f"/api/channels/{shop.account_id}")
    assert (await arrive(shop)).status_code == 404
    assert (await arrive(shop, token=visitor.token)).status_code == 404
    form = {"type": "send", "client_id": "late", "body": "too late"}
    for method, path, body in (
        ("POST", "/w/v1/messages", form),
        ("GET", "/w/v1/conversations", None),
        ("PUT", "/w/v1/attributes", {"values": {"a": 1}}),
    ):
        assert (await ask(shop, method, path, body, **visitor.headers)).status_code == 401, path
    await visitor.cut()
    await until(lambda: visitor._task is not None and visitor._task.done())
    (row,) = (await owner.get("/api/conversations?name=all"))["items"]
    assert row["head"]["inbound_count"] == 1


# Origins


ORIGINS = ("https://shop.example", "http://localhost:8080/")


@pytest.mark.parametrize(
    ("origin", "good"),
    [
        (None, True),
        ("https://shop.example", True),
        ("HTTPS://Shop.Example", True),
        ("http://localhost:8080", True),
        ("ours", True),
        ("http://shop.example", False),
        ("https://shop.example:8443", False),
        ("https://shop.example.evil.example", False),
        ("https://evil-shop.example", False),
        ("https://www.shop.example", False),
        ("http://localhost", False),
        ("null", False),
        ("https://shop.example, https://evil.example", False),
    ],
)
async def test_a_listed_page_may_speak_and_no_other(shop: Shop, origin: str | None, good: bool) -> None:
    await settle(shop, origins=list(ORIGINS))
    headers = {} if origin is None else {"Origin": shop.url if origin == "ours" else origin}
    site = await ask(shop, "GET", f"/w/v1/sites/{shop.site_key}", **headers)
    session = await arrive(shop, headers=headers)
    assert (site.status_code, session.status_code) == ((200, 201) if good else (403, 403))
    if not good:
        assert session.json()["code"] == "channels.foreign_origin"


async def test_without_a_list_every_page_may_speak(shop: Shop) -> None:
    assert (await arrive(shop, headers={"Origin": "https://anybody.example"})).status_code == 201


# Sessions


async def test_a_session_goes_on_by_its_token_and_another_visitor_has_another(shop: Shop) -> None:
    first = (await arrive(shop)).json()
    again = (await arrive(shop, token=first["token"])).json()
    other = (await arrive(shop)).json()
    assert (again["token"], again["visitor"]) == (first["token"], first["visitor"])
    assert other["visitor"]["id"] != first["visitor"]["id"]
    assert first["visitor"] == {"id": first["visitor"]["id"], "verified": False, "name": ""}
    assert (first["conversation"], first["agents_online"]) == (None, False)
    assert first["site"]["key"] == shop.site_key


@pytest.mark.parametrize("token", ["", "kzv_", "kzv_" + "A" * 43, "kzs_" + "A" * 43, "kzv_\u0000"])
async def test_a_token_that_is_none_makes_a_new_visitor(shop: Shop, token: str) -> None:
    answer = await arrive(shop, token=token)
    assert answer.status_code == 201
    assert answer.json()["token"] not in {token, ""}


async def test_a_token_of_another_site_makes_a_stranger_here(house: Running, shop: Shop) -> None:
    visitor = await shop.visitor()
    await visitor.say("mine")
    elsewhere = await make_shop(house)
    for site in (await second_site(shop), elsewhere):
        session = (await arrive(site, token=visitor.token)).json()
        assert session["token"] != visitor.token
        assert session["visitor"]["id"] != visitor.id
        assert session["conversation"] is None
    await elsewhere.close()


async def test_a_session_ended_twice_is_over_once_and_opens_nothing_more(shop: Shop) -> None:
    token = (await arrive(shop)).json()["token"]
    kept = (await arrive(shop)).json()["token"]
    assert (await ask(shop, "DELETE", "/w/v1/sessions", **bearer(token))).status_code == 204
    assert (await ask(shop, "DELETE", "/w/v1/sessions", **bearer(token))).status_code == 401
    assert (await arrive(shop, token=token)).json()["token"] != token
    assert (await ask(shop, "GET", "/w/v1/conversations", **bearer(kept))).json() == []


async def test_a_session_unused_for_long_is_over(shop: Shop) -> None:
    token = (await arrive(shop)).json()["token"]
    async with shop.db.tx(shop.workspace_id) as tx:
        await tx.run(text("update visitor_sessions set expires_at = now() - interval '1 second'"))
    answer = await ask(shop, "GET", "/w/v1/conversations", **bearer(token))
    assert (answer.status_code, answer.json()["code"]) == (401, "contacts.session_over")


@pytest.mark.parametrize("header", ["", "Bearer", "Basic {}", "{}", "Bearer {}x", "Bearer x{}"])
async def test_only_a_whole_bearer_token_is_a_credential(shop: Shop, header: str) -> None:
    token = (await arrive(shop)).json()["token"]
    for method, path in (
        ("GET", "/w/v1/conversations"), ("GET", f"/w/v1/conversations/{new_id()}"),
        ("GET", f"/w/v1/conversations/{new_id()}/messages?before=1"), ("POST", "/w/v1/messages"),
        ("POST", "/w/v1/files"), ("PUT", "/w/v1/attributes"), ("DELETE", "/w/v1/sessions"),
        ("GET", f"/w/v1/conversations/{new_id()}/messages/1/file"),
    ):  # fmt: skip
        headers = {"Authorization": header.format(token)} if header else {}
        assert (await ask(shop, method, path, {}, **headers)).status_code == 401, path
    assert (await ask(shop, "GET", "/w/v1/conversations", **bearer(token))).status_code == 200


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"language": "x" * 65}, 400),
        ({"time_zone": 8}, 400),
        ({"page": {"url": "https://a.example/" + "x" * 8200}}, 400),
        ({"page": {"title": "t" * 2001}}, 400),
        ({"page": []}, 400),
        ({"token": "x" * 201}, 400),
        ({"identity": "x" * 8193}, 400),
        ({"identity": "a.b.c"}, 401),
        ({"language": "xx-nonsense", "time_zone": "Mars/Base", "screen": "big"}, 201),
        ({"page": {"url": "javascript:alert(1)", "title": "t", "referrer": "no address"}}, 201),
        ({"page": {"url": "\u0000", "title": "\u0000"}, "language": "\u0000"}, 201),
        ({"something": "new"}, 201),
    ],
)
async def test_what_a_browser_says_on_arrival_is_bounded_and_not_believed(
    shop: Shop, more: Json, status: int
) -> None:
    answer = await arrive(shop, **more)
    assert answer.status_code == status, answer.text


async def test_arrivals_from_one_address_are_limited_and_told_when_to_come_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitor_http, "_arrivals", Rates(per_minute=1, burst=2))
    statuses = [(await arrive(shop, site_key=key)).status_code for key in ("kzp_none", shop.site_key)]
    refused = await arrive(shop)
    assert statuses == [404, 201]
    assert (refused.status_code, refused.json()["code"]) == (429, "kit.too_many")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert (await ask(shop, "GET", f"/w/v1/sites/{shop.site_key}")).status_code == 200


# Identity


async def test_a_signed_customer_and_an_unsigned_visitor_of_the_same_name_are_two(shop: Shop) -> None:
    known = (await arrive(shop, identity=signed(shop.secret, "visitor:42"))).json()
    again = (await arrive(shop, identity=signed(shop.secret, "visitor:42"))).json()
    assert known["visitor"]["verified"]
    assert again["visitor"]["id"] == known["visitor"]["id"]
    assert (await arrive(shop)).json()["visitor"]["id"] != known["visitor"]["id"]


async def test_a_signature_is_good_for_its_own_site_only(house: Running, shop: Shop) -> None:
    for secret in ((await second_site(shop)).secret, (await make_shop(house)).secret, "kzk_guess" * 9):
        answer = await arrive(shop, identity=signed(secret, "42"))
        assert (answer.status_code, answer.json()["code"]) == (401, "contacts.identity_signature")


async def test_the_one_who_signs_in_gets_a_new_token_and_the_old_one_is_worth_nothing(shop: Shop) -> None:
    anonymous = (await arrive(shop)).json()["token"]
    known = (await arrive(shop, token=anonymous, identity=signed(shop.secret, "7"))).json()
    assert known["token"] != anonymous
    assert (await ask(shop, "GET", "/w/v1/conversations", **bearer(anonymous))).status_code == 401
    kept = (await arrive(shop, token=known["token"], identity=signed(shop.secret, "7"))).json()
    assert kept["token"] == known["token"]


async def test_what_the_signature_says_of_her_stays_whatever_the_page_says(shop: Shop) -> None:
    identity = signed(shop.secret, "9", attributes={"level": "gold"}, email="anna@example.com")
    session = (await arrive(shop, identity=identity)).json()
    values = {"level": "platinum", "cart": 2}
    for _ in range(2):
        put = await ask(shop, "PUT", "/w/v1/attributes", {"values": values}, **bearer(session["token"]))
        assert put.status_code == 204
    async with shop.db.tx(shop.workspace_id) as tx:
        (row,) = await tx.rows(text("select email, attributes from contacts"))
    assert (row.email, row.attributes["values"]) == ("anna@example.com", {"level": "gold", "cart": 2})


# History and sending


async def test_a_visitor_reads_her_own_history_page_by_page_and_no_note(shop: Shop) -> None:
    visitor, agent = await shop.visitor(), await shop.agent()
    ack = await visitor.say("0")
    conversation_id = ack["conversation_id"]
    await agent.watch(conversation_id)
    await agent.say(conversation_id, "inside", kind="note")
    for n in range(1, 6):
        await visitor.say(str(n))
    path, before, pages = f"/w/v1/conversations/{conversation_id}", "9", 0
    bodies: list[str] = []
    while before is not None:
        address = f"{path}/messages?before={before}&limit=2"
        page = (await ask(shop, "GET", address, **visitor.headers)).json()
        bodies = [message["body"] for message in page["items"] if message["kind"] == "text"] + bodies
        before, pages = page["next"], pages + 1
    assert (bodies, pages) == (["0", "1", "2", "3", "4", "5"], 4)
    whole = (await ask(shop, "GET", path, **visitor.headers)).json()
    assert [m["body"] for m in whole["messages"] if m["kind"] == "text"] == bodies
    assert "inside" not in str(whole)
    assert set(whole["head"]) == {"id", "state", "agent", "opened_at", "closed_at", "blocked"}
    for query in ("before=x", "limit=5", "before=3&limit=0", "before=3&limit=101"):
        assert (await ask(shop, "GET", f"{path}/messages?{query}", **visitor.headers)).status_code == 400


async def test_a_list_holds_each_conversation_of_hers_newest_first(shop: Shop) -> None:
    visitor, agent = await shop.visitor(), await shop.agent("owner")
    opened = []
    for n in range(3):
        ack = await visitor.say(str(n))
        opened.append(ack["conversation_id"])
        await agent.request("PUT", f"/api/conversations/{opened[-1]}/closure")
    listed = (await ask(shop, "GET", "/w/v1/conversations", **visitor.headers)).json()
    assert [head["id"] for head in listed] == opened[::-1]
    assert {head["state"] for head in listed} == {"closed"}
    short = (await ask(shop, "GET", "/w/v1/conversations?limit=1", **visitor.headers)).json()
    assert short == listed[:1]
    session = (await arrive(shop, token=visitor.token)).json()
    assert session["conversation"] == listed[0]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"body": ""}, "conversations.empty"),
        ({"body": " \n\t"}, "conversations.empty"),
        ({"body": "x", "kind": "note"}, "realtime.not_allowed"),
        ({"body": "x", "kind": "image"}, "conversations.kind_mismatch"),
        ({"body": "x", "kind": "event"}, "kit.bad_input"),
        ({"body": "x" * 10_001}, "kit.bad_input"),
        ({"body": "x", "client_id": ""}, "kit.bad_input"),
        ({"body": "x", "client_id": "x" * 101}, "kit.bad_input"),
        ({"body": "x", "client_id": None}, "kit.bad_input"),
        ({"body": "x", "kind": "file", "file_id": str(new_id())}, "files.not_found"),
        ({"body": "x", "kind": "text", "file_id": str(new_id())}, "conversations.kind_mismatch"),
    ],
)
async def test_a_message_that_is_none_is_refused_and_opens_nothing(
    shop: Shop, frame: Json, code: str
) -> None:
    session = (await arrive(shop)).json()
    form = {"type": "send", "client_id": "c", **frame}
    answer = await ask(shop, "POST", "/w/v1/messages", form, **bearer(session["token"]))
    assert answer.status_code in {400, 404}
    assert answer.json()["code"] == code
    assert (await ask(shop, "GET", "/w/v1/conversations", **bearer(session["token"]))).json() == []


async def test_a_conversation_named_in_a_send_is_not_believed(shop: Shop) -> None:
    victim, visitor = await shop.visitor(), await shop.visitor()
    theirs = (await victim.say("mine"))["conversation_id"]
    form = {"type": "send", "client_id": "c", "body": "theirs?", "conversation_id": theirs}
    ack = (await ask(shop, "POST", "/w/v1/messages", form, **visitor.headers)).json()
    assert ack["conversation_id"] != theirs
    thread = (await ask(shop, "GET", f"/w/v1/conversations/{theirs}", **victim.headers)).json()
    assert [m["body"] for m in thread["messages"] if m["kind"] == "text"] == ["mine"]


async def test_two_visitors_may_use_the_same_client_id(shop: Shop) -> None:
    acks = []
    for _ in range(2):
        token = (await arrive(shop)).json()["token"]
        form = {"type": "send", "client_id": "1", "body": "hello"}
        acks.append((await ask(shop, "POST", "/w/v1/messages", form, **bearer(token))).json())
    assert acks[0]["conversation_id"] != acks[1]["conversation_id"]
    assert [ack.get("repeated", False) for ack in acks] == [False, False]


# Files


def picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "#1f5c4a").save(drawn, "PNG")
    return drawn.getvalue()


async def test_a_file_goes_up_once_into_one_message_and_its_address_is_told_anew(shop: Shop) -> None:
    visitor = await shop.visitor()
    file = await visitor.upload("茶.png", "text/html", picture())
    assert (file["media_type"], file["width"], file["height"]) == ("image/png", 40, 30)
    ack = await visitor.say("", kind="image", file_id=file["id"])
    path = f"/w/v1/conversations/{ack['conversation_id']}/messages/{ack['seq']}/file"
    linked = (await ask(shop, "GET", path, **visitor.headers)).json()
    assert (await shop.http.get(shop.url + linked["url"])).content == picture()
    second = {"type": "send", "client_id": "again", "kind": "image", "file_id": file["id"]}
    refused = await ask(shop, "POST", "/w/v1/messages", second, **visitor.headers)
    assert refused.status_code in {404, 409}
    for seq, status in ((1, 404), (99, 404), ("x", 404)):
        other = path.replace(f"/{ack['seq']}/file", f"/{seq}/file")
        assert (await ask(shop, "GET", other, **visitor.headers)).status_code == status


async def test_an_upload_that_is_none_is_refused(shop: Shop) -> None:
    visitor = await shop.visitor()
    for headers, content in (
        ({}, b""),
        ({"Content-Type": "multipart/form-data"}, b"x"),
        ({"Content-Type": "multipart/form-data; boundary=b"}, b"--b--\r\n"),
        ({"Content-Type": "application/json"}, b"{}"),
    ):
        answer = await shop.http.post(
            shop.url + "/w/v1/files", content=content, headers={**visitor.headers, **headers}
        )
        assert answer.status_code in {400, 415}, answer.text


# Words in the reader's language

WORDS = {
    "greeting": "您好", "greeting_en": "Hello", "offline_text": "打烊了", "offline_text_en": "We are closed",
    "message_text": "掌柜会回复您",
}  # fmt: skip


@pytest.mark.parametrize(
    ("languages", "reader", "said"),
    [
        (["zh-CN", "en"], "zh-CN", ["您好", "打烊了", "掌柜会回复您"]),
        (["zh-CN", "en"], "en-GB", ["Hello", "We are closed", "掌柜会回复您"]),
        (["zh-CN", "en"], "fr", ["您好", "打烊了", "掌柜会回复您"]),
        (["zh-CN"], "en", ["您好", "打烊了", "掌柜会回复您"]),
        (["en"], "zh-CN", ["Hello", "We are closed", "掌柜会回复您"]),
    ],
)
async def test_a_site_speaks_to_each_reader_in_the_language_her_chat_will_have(
    shop: Shop, languages: list[str], reader: str, said: list[str]
) -> None:
    await settle(shop, **WORDS, languages=languages)
    opened = (await arrive(shop, language=reader)).json()["site"]
    asked = (await ask(shop, "GET", f"/w/v1/sites/{shop.site_key}", **{"Accept-Language": reader})).json()
    for site in (opened, asked):
        assert [site["greeting"], site["offline_text"], site["message_text"]] == said


async def test_words_that_are_too_long_are_refused_at_their_own_field(shop: Shop) -> None:
    owner = await shop.agent("owner")
    for name in ("greeting_en", "offline_text_en", "message_text", "message_text_en"):
        form = {"settings": {name: "x" * 501}}
        answer = await owner.request("PATCH", f"/api/channels/{shop.account_id}", form)
        assert (answer.status_code, answer.json()["field"]) == (400, f"settings.{name}")
