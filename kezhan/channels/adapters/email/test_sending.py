"""What goes out, to a mail server of this machine."""

import email
import email.policy
import ssl
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import msgspec
import pytest
from msgspec import structs

from fakes.imap import ImapServer
from kezhan.channels.adapters.email import fake
from kezhan.channels.adapters.email.codes import fault_of
from kezhan.channels.adapters.email.conftest import Post, account, posting
from kezhan.channels.adapters.email.manifest import CHANNEL
from kezhan.channels.adapters.email.outbound import send
from kezhan.channels.adapters.email.probe import probe
from kezhan.channels.adapters.email.thread import Ticket
from kezhan.channels.adapters.email.token import issue
from kezhan.channels.base import Account, Expired, Outbound, Receipt, Retry, Token, Turned
from kezhan.channels.tests.contract import fixtures, line
from kezhan.channels.tests.platform import Answer, Platform
from kezhan.kit.fetch import guarded_client

OUT = dict(fixtures("email", "out"))
FAULTS = dict(fixtures("email", "fault"))
TEXT: dict[str, Any] = OUT["out_text"]["outbound"]


async def sent(where: Account, content: bytes = b"", **changes: Any) -> Receipt:
    outbound = msgspec.convert({**TEXT, **changes}, Outbound)
    async with guarded_client(allow_private_hosts=True) as http:
        return await send(line(where, http, content), outbound)


def read(raw: bytes) -> EmailMessage:
    found = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def ticket(**changes: Any) -> str:
    return msgspec.json.encode(Ticket(**changes)).decode()


async def got(
    post: Post, content: bytes = b"", settings: dict[str, Any] | None = None, **changes: Any
) -> EmailMessage:
    await sent(account(smtp_port=post.port, **(settings or {})), content, **changes)
    return read(post.mails[-1][2])


async def test_a_person_asks_for_a_receipt_where_the_mailbox_is_to_and_a_machine_never_does(
    post: Post,
) -> None:
    for agent_name, asks, wanted in (
        ("林晚晴", True, "support@kezhan.example"),
        ("林晚晴", False, None),
        ("", True, None),
    ):
        found = await got(post, settings={"ask_receipts": asks}, text="好", agent_name=agent_name)
        assert found["Disposition-Notification-To"] == wanted


@pytest.mark.parametrize(
    ("changes", "copied"),
    [
        ({"copies": ["boss@gmail.example", "a..b@x", "support@kezhan.example"]}, True),
        ({}, False),
        ({"copies": ["boss@gmail.example"], "agent_name": ""}, False),
    ],
)
async def test_a_reply_of_a_person_is_copied_to_whom_she_names_and_to_nobody_else(
    post: Post, changes: dict[str, Any], copied: bool
) -> None:
    told = {"text": "好", "agent_name": "林晚晴", **changes}
    found = await got(post, ticket=ticket(copies=["other@gmail.example"]), **told)
    recipients = post.mails[-1][1]
    assert (found["Cc"], recipients[1:]) == (
        ("boss@gmail.example", ["boss@gmail.example"]) if copied else (None, [])
    )


@pytest.mark.parametrize("name", sorted(OUT))
async def test_what_goes_out_is_a_mail_of_its_thread(post: Post, name: str) -> None:
    recorded = OUT[name]
    content = recorded.get("content", "").encode()
    receipt = await sent(account(smtp_port=post.port), content, **recorded["outbound"])
    ((sender, recipients, raw),) = post.mails
    (wanted,) = recorded["expect"]
    found = read(raw)
    assert (sender, recipients) == ("support@kezhan.example", [wanted["path"]])
    assert {name: found[name] for name in wanted["headers"]} == wanted["headers"]
    assert receipt.external_id == recorded.get("receipt", receipt.external_id)
    body, html = found.get_body(("plain",)), found.get_body(("html",))
    assert body is not None
    assert html is not None
    assert body.get_content().replace("\r\n", "\n") == wanted["text"]
    assert wanted["text"].strip() in html.get_content()
    files = [(part.get_filename(), part.get_content_type()) for part in found.iter_attachments()]
    assert files == ([tuple(wanted["file"].values())] if "file" in wanted else [])
    for part in found.iter_attachments():
        assert part.get_content() == content


@pytest.mark.parametrize("name", sorted(OUT))
async def test_a_second_attempt_is_the_same_mail(post: Post, name: str) -> None:
    for _ in range(2):
        await sent(account(smtp_port=post.port), b"x", **OUT[name]["outbound"])
    assert post.mails[0] == post.mails[1]


@pytest.mark.parametrize("name", sorted(FAULTS))
async def test_each_refusal_of_a_server_is_retry_or_turned(post: Post, name: str) -> None:
    recorded = FAULTS[name]
    post.refuses[recorded["at"]] = f"{recorded['answer']['status']} {recorded['answer']['body']}"
    with pytest.raises({"retry": Retry, "turned": Turned}[recorded["expect"]]) as caught:
        await sent(account(smtp_port=post.port))
    assert isinstance(caught.value, Retry | Turned)
    assert caught.value.fault == recorded["fault"]
    assert caught.value.status == recorded["answer"]["status"]
    assert not isinstance(caught.value, Retry) or caught.value.sure
    assert post.mails == []


async def test_where_the_line_breaks_in_the_mail_nobody_knows_whether_it_arrived(post: Post) -> None:
    post.refuses["DATA"] = "cut"
    with pytest.raises(Turned) as caught:
        await sent(account(smtp_port=post.port))
    assert caught.value.fault == "unsure"


async def test_a_server_that_is_not_there_is_retry_and_none_at_all_is_turned() -> None:
    with pytest.raises(Retry) as caught:
        await sent(account(smtp_port=1))
    assert caught.value.sure
    with pytest.raises(Turned):
        await sent(account(smtp_host=""))


async def test_a_wrong_password_is_told_as_such(post: Post) -> None:
    post.password = "other"
    with pytest.raises(Turned) as caught:
        await sent(account(smtp_port=post.port))
    assert caught.value.fault == "token_expired"


async def test_a_token_opens_the_server_and_an_old_one_is_renewed(post: Post) -> None:
    await sent(account(smtp_port=post.port, auth="oauth2"))
    assert len(post.mails) == 1
    post.token = "another"
    with pytest.raises(Expired):
        await sent(account(smtp_port=post.port, auth="oauth2"))


@pytest.mark.parametrize("start_tls", [False, True])
async def test_the_line_is_encrypted_and_the_servers_name_proven(
    certificate: ssl.SSLContext, start_tls: bool
) -> None:
    security = "starttls" if start_tls else "tls"
    async with posting(certificate, start_tls=start_tls) as post:
        await sent(account(smtp_port=post.port, smtp_security=security))
        assert len(post.mails) == 1
        with pytest.raises(Retry):
            await sent(account(smtp_port=post.port, smtp_security=security, smtp_host="127.0.0.1"))
        assert len(post.mails) == 1


async def test_a_server_without_encryption_gets_no_password_where_it_is_asked_for(post: Post) -> None:
    with pytest.raises(Turned):
        await sent(account(smtp_port=post.port, smtp_security="starttls"))
    assert post.mails == []


async def test_our_own_network_is_out_of_reach(post: Post, box: ImapServer) -> None:
    where = account(smtp_port=post.port, imap_port=box.port)
    async with guarded_client() as http:
        with pytest.raises(Turned):
            await send(line(where, http), msgspec.convert(TEXT, Outbound))
        with pytest.raises(Turned):
            await probe(line(where, http))
    assert (post.mails, box.heard) == ([], [])


async def test_ids_longer_than_a_line_stay_what_they_are(post: Post) -> None:
    long = f"<{'CAF0123456789' * 12}@mail.gmail.example>"
    found = await got(post, ticket=ticket(message_id=long, references=[f"<{'x' * 90}@y>" for _ in range(1)]))
    raw = post.mails[-1][2]
    assert f"In-Reply-To: {long}\r\n".encode() in raw
    assert b"=?utf-8?q?=3C" not in raw
    assert found["References"].split()[-1] == long
    assert len(found["Message-ID"]) <= 70


async def test_words_of_people_stay_in_short_lines(post: Post) -> None:
    found = await got(post, text="很长" * 500, ticket=ticket(subject="很长的主题" * 30))
    assert found["Subject"] == "Re: " + "很长的主题" * 30
    assert max(len(row) for row in post.mails[-1][2].split(b"\r\n")) <= 78


@pytest.mark.parametrize("place", ["agent_name", "text", "subject", "id", "file", "external_id"])
async def test_nobody_writes_header_fields_of_ours(post: Post, place: str) -> None:
    evil = "x\r\nBcc: victim@x.example\r\n\r\nbody"
    changes: dict[str, Any] = {"agent_name": {"agent_name": evil}, "text": {"text": evil}}.get(place, {})
    if place == "subject":
        changes = {"ticket": ticket(subject=evil)}
    if place == "id":
        changes = {
            "ticket": ticket(message_id=f"<{evil}>", references=[evil, f"<a@b>{evil}"]),
            "quote_id": evil,
        }
    if place == "file":
        file = {**OUT["out_file"]["outbound"]["file"], "name": evil, "media_type": evil}
        changes = {"kind": "file", "file": file}
    if place == "external_id":
        changes = {"external_id": f"a@b.example{evil}", "ticket": ""}
    try:
        found = await got(post, b"x", **changes)
    except Turned:
        assert place in {"external_id", "subject"}
        return
    assert "Bcc" not in found
    assert post.mails[-1][1] == ["lin.xia@gmail.example"]


async def test_answers_go_where_the_customer_wants_them(post: Post) -> None:
    found = await got(post, ticket=ticket(message_id="<a@b>", reply_to="team@gmail.example"))
    assert (found["To"], post.mails[-1][1]) == ("team@gmail.example", ["team@gmail.example"])


async def test_a_machine_does_not_answer_a_machine_and_a_person_may(post: Post) -> None:
    quiet = ticket(message_id="<a@b>", quiet=True)
    with pytest.raises(Turned) as caught:
        await got(post, ticket=quiet, agent_name="")
    assert caught.value.fault == "not_allowed"
    found = await got(post, ticket=quiet)
    assert "Auto-Submitted" not in found


@pytest.mark.parametrize("what", ["edited", "recalled", "closed"])
async def test_what_mail_cannot_do_is_turned(post: Post, what: str) -> None:
    with pytest.raises(Turned):
        await got(post, what=what)


async def test_an_address_of_other_letters_is_turned(post: Post) -> None:
    with pytest.raises(Turned):
        await got(post, external_id="林夏@x.example")


async def test_the_signature_ends_the_first_part(post: Post) -> None:
    signed = {"signature": "客栈茶铺\n杭州"}
    for first, text in ((True, "好\n\n-- \n客栈茶铺\n杭州\n"), (False, "好\n")):
        found = await got(post, settings=signed, text="好", first=first)
        body = found.get_body(("plain",))
        assert body is not None
        assert body.get_content().replace("\r\n", "\n") == text


async def test_the_test_button_asks_both_servers(post: Post, box: ImapServer) -> None:
    good = account(smtp_port=post.port, imap_port=box.port)
    async with guarded_client(allow_private_hosts=True) as http:
        assert (await probe(line(good, http))).name == "support@kezhan.example"
        assert [word.split()[0] for word in box.heard] == ["LOGIN", "CAPABILITY", "ID", "EXAMINE"]
        for broken in ({"imap_port": 1}, {"smtp_port": 1}):
            with pytest.raises(Retry):
                await probe(
                    line(structs.replace(good, settings=structs.replace(good.settings, **broken)), http)
                )
        with pytest.raises(Turned):
            await probe(line(structs.replace(good, settings=CHANNEL.settings()), http))
        box.password = "other"
        with pytest.raises(Turned) as caught:
            await probe(line(good, http))
    assert caught.value.fault == "token_expired"


@pytest.mark.parametrize(
    ("code", "text", "fault"),
    [
        ("5.1.1", "no", "recipient_blocked"),
        ("5.2.1", "mailbox disabled", "recipient_blocked"),
        ("5.2.2", "full", "permanent"),
        ("5.2.3", "x", "too_long"),
        ("5.7.1", "Sender not authorized", "not_allowed"),
        ("5.7.26", "unauthenticated mail", "content_rejected"),
        ("5.6.0", "x", "content_rejected"),
        ("", "用户不存在", "recipient_blocked"),
        ("", "发信频率过快", "rate_limited"),
        ("", "message looks like spam", "content_rejected"),
        ("", "邮件过大", "too_long"),
        ("", "?", "permanent"),
    ],
)
def test_a_servers_words_say_why(code: str, text: str, fault: str) -> None:
    assert fault_of(code, text) == fault


# Tokens


async def issued(place: Platform, kept: dict[str, str], *answers: Answer, **secrets: str) -> list[Token]:
    """What `issue` gives, once an answer, with the small texts kept between."""
    place.answers.extend(answers)
    where = fake.account(place.url)
    where = structs.replace(where, secrets=structs.replace(where.secrets, **secrets))

    async def save(name: str, value: str) -> None:
        kept[name] = value

    async with guarded_client(allow_private_hosts=True) as http:
        return [await issue(replace(line(where, http, b"", **kept), save=save)) for _ in answers]


def grant(token: str, refresh: str = "") -> Answer:
    return Answer(
        200, msgspec.json.encode({"access_token": token, "expires_in": 60, "refresh_token": refresh})
    )


async def test_a_token_is_asked_for_as_documented(place: Platform) -> None:
    ((_, recorded),) = fixtures("email", "token")
    body = msgspec.json.encode(recorded["answers"][0]["body"])
    (token,) = await issued(place, {}, Answer(200, body))
    ((wanted,), (heard,)) = recorded["expect"], place.heard
    assert msgspec.to_builtins(token) == recorded["token"]
    assert (heard.method, heard.path, heard.body.decode()) == (
        wanted["method"],
        wanted["path"],
        wanted["text"],
    )


async def test_a_refresh_token_that_changes_is_used_from_then_on_until_somebody_types_another(
    place: Platform,
) -> None:
    kept: dict[str, str] = {}
    await issued(place, kept, grant("a", "second"), grant("b", "third"), grant("c"))
    await issued(place, kept, grant("d"), refresh_token="typed")
    used = [
        heard.body.decode().partition("refresh_token=")[2].rpartition("refresh_token=")[2]
        for heard in place.heard
    ]
    assert used == ["refresh-1", "second", "third", "typed"]


@pytest.mark.parametrize(
    ("answer", "expected", "fault"),
    [
        (Answer(400, b'{"error":"invalid_grant"}'), Turned, "token_expired"),
        (Answer(401, b"x"), Turned, "token_expired"),
        (Answer(503, b""), Retry, "transient"),
        (Answer(429, b""), Retry, "rate_limited"),
        (Answer(200, b"<html>"), Retry, "transient"),
    ],
)
async def test_a_token_that_is_not_given_is_told_why(
    place: Platform, answer: Answer, expected: type[Retry | Turned], fault: str
) -> None:
    with pytest.raises(expected) as caught:
        await issued(place, {}, answer)
    assert isinstance(caught.value, Retry | Turned)
    assert caught.value.fault == fault


async def test_without_a_token_address_there_is_no_token() -> None:
    async with guarded_client() as http:
        with pytest.raises(Turned):
            await issue(line(fake.account(), http))
