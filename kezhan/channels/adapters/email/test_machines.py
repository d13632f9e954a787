"""Mails that no person has written: what is shown of them, and what they tell of ours."""

import pytest

from kezhan.channels.adapters.email import fake
from kezhan.channels.adapters.email.test_mails import EVENT, become, letter, mail, messages
from kezhan.channels.adapters.email.thread import own_id, read_ticket
from kezhan.channels.base import Happened, Progress


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("out_of_office", "auto_reply"),
        ("out_of_office_qq", "auto_reply"),
        ("mailing_list", "list"),
        ("dsn_forged", "bounce"),
    ],
)
def test_automatic_mail_is_marked_and_never_answered_automatically(name: str, kind: str) -> None:
    found = messages(mail(name))[0]
    assert found.original_kind == kind
    assert found.text.startswith("[")
    assert read_ticket(found.ticket).quiet


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"auto_submitted": "auto-generated"}, "bulk"),
        ({"auto_submitted": "no"}, "mail"),
        ({"auto_submitted": "auto-replied; owner=x"}, "auto_reply"),
        ({"precedence": "bulk"}, "bulk"),
        ({"precedence": "auto_reply"}, "auto_reply"),
        ({"x_precedence": "list"}, "list"),
        ({"x_autoreply": "yes"}, "auto_reply"),
        ({"list_unsubscribe": "<https://x.example>"}, "list"),
        ({"return_path": "<>"}, "bounce"),
        ({"from": "no-reply@x.example"}, "bulk"),
        ({"from": "noreply-orders@x.example"}, "bulk"),
        ({"from": "Mailer-Daemon@x.example"}, "bounce"),
        ({"subject": "自动回复：茶"}, "auto_reply"),
        ({"subject": "=?utf-8?B?6Ieq5Yqo5Zue5aSN?="}, "auto_reply"),
        ({"subject": "Out of Office: tea"}, "auto_reply"),
        ({"subject": "Automatic kettle"}, "mail"),
        ({"from": "Support@Kezhan.example"}, "own"),
        ({"x_kezhan_loop": "support@kezhan.example"}, "own"),
        ({"x_auto_response_suppress": "DR, RN, NRN"}, "mail"),
    ],
)
def test_automatic_mail_is_known_by_any_of_its_signs(fields: dict[str, str], kind: str) -> None:
    (found,) = messages(letter(**fields))
    assert found.original_kind == kind
    assert read_ticket(found.ticket).quiet == (kind != "mail")


def test_who_asks_machines_to_be_silent_is_a_person_all_the_same() -> None:
    (found,) = messages(letter(x_auto_response_suppress="All"))
    assert (found.text, found.original_kind) == ("Hello", "mail")
    assert read_ticket(found.ticket).quiet


def test_our_own_mail_coming_back_is_nobodys_message() -> None:
    named = own_id(fake.account(), EVENT, "lin.xia@gmail.example")
    back = {"from": "support@kezhan.example", "to": "lin.xia@gmail.example", "message_id": named}
    assert become(letter(**back)) == []
    (forged,) = messages(letter(**{**back, "to": "other@x.example"}))
    assert forged.original_kind == "own"


# Reports


def test_a_bounce_says_that_a_mail_of_ours_has_failed() -> None:
    (found,) = become(mail("dsn_failed"))
    assert found == Progress(
        external_id="gone@nowhere.example",
        state="failed",
        message_id=own_id(fake.account(), EVENT, "gone@nowhere.example"),
        fault="recipient_blocked",
        why="550 5.1.1 <gone@nowhere.example>: Recipient address rejected: User unknown",
    )


@pytest.mark.parametrize(
    ("name", "to", "why"),
    [
        ("bounce_qq", "10003@qq.example", "550 Mailbox not found"),
        ("bounce_163", "nobody@163.example", "User not found: nobody@163.example"),
    ],
)
def test_a_bounce_that_is_only_a_page_is_understood_where_it_names_our_mail(
    name: str, to: str, why: str
) -> None:
    (found,) = become(mail(name))
    assert isinstance(found, Progress)
    assert (found.external_id, found.state, found.why) == (to, "failed", why)
    assert found.message_id == own_id(fake.account(), EVENT, to)


def test_a_delay_disturbs_nobody_and_a_read_receipt_is_one() -> None:
    (delayed,) = become(mail("dsn_delayed"))
    (seen,) = become(mail("read_receipt"))
    assert isinstance(delayed, Happened)
    assert delayed.event == "mail_delayed"
    assert isinstance(seen, Progress)
    assert (seen.external_id, seen.state) == ("lin.xia@gmail.example", "read")


def test_a_bounce_about_somebody_else_changes_nothing_of_ours() -> None:
    assert messages(mail("dsn_forged"))[0].external_id == "mailer-daemon@mx.kezhan.example"


@pytest.mark.parametrize(
    ("status", "fault"),
    [("5.2.2", "permanent"), ("5.3.4", "too_long"), ("5.7.1", "content_rejected"), ("5.1.8", "not_allowed")],
)
def test_a_bounces_code_says_why(status: str, fault: str) -> None:
    raw = mail("dsn_failed").replace(b"Status: 5.1.1", f"Status: {status}".encode())
    raw = raw.replace(
        b"550 5.1.1 <gone@nowhere.example>: Recipient address rejected: User unknown", b"said no"
    )
    (found,) = become(raw)
    assert isinstance(found, Progress)
    assert (found.fault, found.why) == (fault, f"{status} said no")
