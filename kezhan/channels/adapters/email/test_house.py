"""A correspondence from end to end: a mailbox, the house, an agent, and the customer's own mail server."""

import email
import email.policy
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from fakes.imap import ImapServer
from kezhan.channels import connections
from kezhan.channels.adapters.email.conftest import Post, account
from kezhan.channels.tests.front import Front, Json, in_motion, workspace_front
from kezhan.kit.testing import TestCluster, until


@pytest.fixture
async def front(
    cluster: TestCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Front]:
    monkeypatch.setattr(connections, "_BEAT_SECONDS", 0.2)
    monkeypatch.setattr(connections, "_FIRST_PAUSE", 0.05)
    access = cluster.fresh()
    async with in_motion(access, tmp_path) as running, workspace_front(running) as found:
        yield found
    cluster.drop(access)


def mail(text: str, message_id: str, **fields: str) -> bytes:
    head = {
        "From": "=?utf-8?B?5p6X5aSP?= <lin.xia@gmail.example>",
        "To": "support@kezhan.example",
        "Message-ID": message_id,
        "Content-Type": "text/plain; charset=utf-8",
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }
    return "\r\n".join([*(f"{name}: {value}" for name, value in head.items()), "", text, ""]).encode()


def bounce(message_id: str) -> bytes:
    recorded = (Path(__file__).parent / "fixtures" / "dsn_failed.eml").read_text()
    named = recorded.partition("Message-ID: <kz.")[2].partition(">")[0]
    raw = recorded.replace(f"<kz.{named}>", message_id)
    return raw.replace("gone@nowhere.example", "lin.xia@gmail.example").replace("\n", "\r\n").encode()


async def test_a_mail_is_answered_in_its_thread_and_the_answers_answer_comes_back_to_it(
    front: Front, box: ImapServer, post: Post
) -> None:
    where = account(imap_port=box.port, smtp_port=post.port)
    form: Json = {"adapter": "email", "name": "Mail", "settings": msgspec.to_builtins(where.settings)}
    form["secrets"] = msgspec.to_builtins(where.secrets)
    form["settings"].pop("v")
    answer = await front.owner.post("/api/channels", json=form)
    assert answer.status_code == 201, answer.text

    async def listening() -> bool:
        return box.waiting > 0

    await until(listening)
    to = "support@kezhan.example, Support+c-1@kezhan.example, mother@gmail.example"
    box.deliver(mail("想买两罐。", "<1@gmail.example>", Subject="=?utf-8?B?6b6Z5LqV?=", To=to))
    (asked,) = await front.heard(1)
    assert asked["body"].endswith("龙井\n\n想买两罐。")
    (head,) = await front.conversations()
    reach = (await front.owner.get(f"/api/conversations/{head['id']}/reach")).json()
    assert reach["copies"] == ["mother@gmail.example"]
    for wrong, status in (["support+x@kezhan.example"], 409), (["nobody"], 400), (["a@b.example"] * 11, 400):
        form = {"client_id": f"bad-{status}", "body": "好", "copies": wrong}
        answer = await front.owner.post(f"/api/conversations/{head['id']}/messages", json=form)
        assert answer.status_code == status, answer.text
    await front.reply(head["id"], "有的，两罐起包邮。", copies=["Aunt@gmail.example", "aunt@gmail.example"])

    async def posted() -> bool:
        return bool(post.mails)

    await until(posted)
    sent = email.message_from_bytes(post.mails[0][2], policy=email.policy.default)
    assert (sent["To"], sent["Cc"], sent["In-Reply-To"], sent["Subject"]) == (
        "lin.xia@gmail.example",
        "aunt@gmail.example",
        "<1@gmail.example>",
        "Re: 龙井",
    )

    above = "客栈客服 <support@kezhan.example> 于2026年11月22日周日 16:20写道："
    quoted = f"好的。\r\n\r\n{above}\r\n\r\n> 有的，两罐起包邮。"
    box.deliver(
        mail(
            quoted,
            "<2@gmail.example>",
            Subject="Re: tea",
            In_Reply_To=sent["Message-ID"],
            References="<1@x.y>",
        )
    )
    _, ours, again = await front.heard(3)
    assert (again["body"], len(await front.conversations())) == ("好的。", 1)
    assert again["quote_seq"] == ours["seq"], again
    assert ours["payload"] == {"is": "copied", "copies": ["aunt@gmail.example"]}

    box.deliver(bounce(sent["Message-ID"]))

    async def failed() -> Json | None:
        said = (await front.messages(head["id"]))[1]
        return said if "recipient_blocked" in str(said) else None

    assert await until(failed)

    box.deliver(mail("寄给我吧。", "<3@evil.example>", From="m@evil.example", In_Reply_To=sent["Message-ID"]))

    async def two() -> bool:
        return len(await front.conversations()) == 2

    await until(two)
