"""What people, sites and platforms say of a customer: cleaned, checked, turned into keys, merged."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from kezhan.contacts import service
from kezhan.contacts.edit import edit
from kezhan.contacts.events import ContactChanged
from kezhan.contacts.schemas import ContactEdit, Identity, Profile
from kezhan.contacts.values import (
    NAMELESS,
    checked_email,
    checked_language,
    checked_phone,
    name_values,
    one_line,
    phone_key,
    profile_values,
    search_range,
    visitor_number,
)
from kezhan.conversations.tests.factories import make_account, make_workspace
from kezhan.kit.db import Database
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.workspaces.tests.factories import caller


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("a@b", "a@b"),
        (" w@例子.中国 ", "w@例子.中国"),
        ("Ｗ＠ｘ.cn", "W@x.cn"),
        ("a+b.c_d@x.co.uk", "a+b.c_d@x.co.uk"),
        ("a" * 64 + "@x.cn", "a" * 64 + "@x.cn"),
        ("a" * 65 + "@x.cn", None),
        ("a@" + "x" * 252, "a@" + "x" * 252),
        ("a@" + "x" * 253, None),
        ("ﷺ@" + "x" * 240, None),  # grows when it is made plain
        ("a@b@c", None),
        ("@b", None),
        ("a@", None),
        ("a b@c", None),
        ("a@b\nBcc: c@d", None),
        ("a\x00@b", None),
        ("a@b\x7f", None),
        ("<a@b>", None),
        ("'a'@b", None),
        ("a@b,c@d", None),
        ("", None),
    ],
)
def test_an_address_is_one_mailbox_or_nothing(sent: str, kept: str | None) -> None:
    assert checked_email(sent) == kept


@pytest.mark.parametrize(
    ("sent", "kept", "key"),
    [
        ("138 0013 8000", "13800138000", "13800138000"),
        ("+86 138-0013-8000", "+8613800138000", "13800138000"),
        ("（０１０）８８８８\u2010９９９９", "01088889999", "01088889999"),
        ("+1 (415) 555.0100", "+14155550100", "14155550100"),
        ("110", "110", "110"),
        ("+" + "9" * 20, "+" + "9" * 20, "9" * 20),
        ("9" * 21, None, ""),
        ("12", None, ""),
        ("+", None, ""),
        ("++86138", None, ""),
        ("138x0013", None, ""),
        ("١٢٣٤٥", None, ""),
        ("138\x00001", None, ""),
        ("", None, ""),
    ],
)
def test_a_number_is_digits_and_found_without_its_home_prefix(sent: str, kept: str | None, key: str) -> None:
    found = checked_phone(sent)
    assert found == kept
    assert (phone_key(found) if found else "") == key


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("zh-CN", "zh-CN"),
        (" en ", "en"),
        ("zh-Hant-TW", "zh-Hant-TW"),
        ("sl-rozaj-biske-1994", "sl-rozaj-biske-1994"),
        ("en-" + "-".join(["abcdefgh"] * 4), None),
        ("zh_CN", None),
        ("e", None),
        ("-en", None),
        ("zh-CN,zh;q=0.9", None),
        ("中文", None),
        ("<b>", None),
        ("", None),
    ],
)
def test_a_language_is_a_tag_or_nothing(sent: str, kept: str | None) -> None:
    assert checked_language(sent) == kept


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("  王\t小\r\n明  ", "王 小 明"),
        ("a\x00b\x7fc\x85d", "a b c d"),
        ("a\ud800b", "a b"),
        ("\u3000王\u3000", "王"),
        ("👩‍🚀", "👩‍🚀"),
        ("\x00\x01", ""),
    ],
)
def test_a_name_is_one_line(sent: str, kept: str) -> None:
    assert one_line(sent) == kept


def test_keys_of_a_name_are_what_a_reader_would_type() -> None:
    assert name_values("ＢＯＢ 李") == {"name": "ＢＯＢ 李", "name_key": "bob 李", "sort_key": "bobli"}
    assert name_values("") == {"name": "", "name_key": "", "sort_key": NAMELESS}
    assert name_values("Straße")["name_key"] == "strasse"
    assert len(name_values("龙" * 128)["sort_key"]) <= 200


@pytest.mark.parametrize(
    ("typed", "column", "start"),
    [
        ("a@", "email_key", "a@"),
        ("张@x.cn", "email_key", "张@x.cn"),
        ("138", "phone_key", "138"),
        ("+86", "phone_key", ""),
        ("+8613", "phone_key", "13"),
        ("(010)8", "phone_key", "0108"),
        ("１３８", "phone_key", "138"),
        ("Zhang San", "sort_key", "zhangsan"),
        ("张 三", "name_key", "张 三"),
        ("7天", "name_key", "7天"),
        ("7 days", "sort_key", "7days"),
        ("-", "sort_key", "-"),
        ("+", "sort_key", "+"),
    ],
)
def test_what_is_typed_chooses_the_key_it_is_looked_up_by(typed: str, column: str, start: str) -> None:
    assert search_range(typed) == (column, start)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_no_word_of_a_site_or_a_searcher_is_a_fault(words: str) -> None:
    values = profile_values(Profile(name=words, email=words, phone=words, language=words))
    assert all("\0" not in value and len(value) <= 384 for value in values.values())
    assert "\0" not in search_range(words)[1]


@settings(deadline=None)
@given(st.uuids())
def test_a_visitors_number_is_always_six_digits(contact_id: UUID) -> None:
    number = visitor_number(contact_id)
    assert (len(number), number.isdecimal(), number) == (6, True, visitor_number(contact_id))


# In the database


@pytest.fixture
async def site(db: Database) -> tuple[UUID, UUID]:
    """(workspace, account)"""
    workspace_id = await make_workspace(db)
    return workspace_id, await make_account(db, workspace_id)


async def _resolve(db: Database, site: tuple[UUID, UUID], external: str = "wx-1", **more: Any) -> Identity:
    async with db.tx(site[0]) as tx:
        return await service.resolve(tx, account_id=site[1], external_id=external, **more)


async def test_nonsense_in_a_profile_turns_no_customer_away(db: Database, site: tuple[UUID, UUID]) -> None:
    nul = Profile(
        name="\x00王\x00",
        email="w\x00@x.cn",
        phone="1\x0038",
        language="\x00",
        attributes={"等\x00级": "金\x00", "n": 1, "none": None},
    )
    made = await _resolve(db, site, profile=nul)
    async with db.tx(site[0]) as tx:
        found = await service.get(tx, made.contact_id)
    assert (found.name, found.email, found.phone, found.language) == ("王", None, None, None)
    assert found.attributes == {"等级": "金", "n": 1, "none": None}


async def test_the_same_id_at_two_accounts_is_two_people(db: Database, site: tuple[UUID, UUID]) -> None:
    other = (site[0], await make_account(db, site[0]))
    elsewhere_ws = await make_workspace(db)
    elsewhere = (elsewhere_ws, await make_account(db, elsewhere_ws))
    found = [await _resolve(db, place) for place in (site, other, elsewhere, site)]
    assert found[0] == found[3]
    assert len({identity.contact_id for identity in found}) == 3


async def test_once_vouched_for_a_customer_stays_so(db: Database, site: tuple[UUID, UUID]) -> None:
    assert not (await _resolve(db, site)).verified
    assert (await _resolve(db, site, verified=True)).verified
    assert (await _resolve(db, site)).verified
    async with db.tx(site[0]) as tx:
        assert await tx.value(text("select verified from identities"))


async def test_an_edit_of_different_fields_at_once_keeps_both(db: Database, site: tuple[UUID, UUID]) -> None:
    contact_id = (await _resolve(db, site, profile=Profile(name="张三"))).contact_id

    async def change(**fields: Any) -> list[str]:
        async with db.tx(site[0]) as tx:
            return (await edit(tx, caller(), contact_id, ContactEdit(**fields)))[1]

    done = await asyncio.gather(change(email="z@x.cn"), change(phone="13800138000"), change(note="老客户"))
    assert sorted(name for names in done for name in names) == ["email", "note", "phone"]
    async with db.tx(site[0]) as tx:
        found = await service.get(tx, contact_id)
    assert (found.name, found.email, found.phone, found.note) == ("张三", "z@x.cn", "13800138000", "老客户")


async def test_an_edit_tells_the_contacts_topic_and_an_empty_one_tells_nobody(
    db: Database, site: tuple[UUID, UUID]
) -> None:
    contact_id = (await _resolve(db, site)).contact_id
    async with db.tx(site[0]) as tx:
        assert (await edit(tx, caller(), contact_id, ContactEdit()))[1] == []
        assert tx.published == []
        assert (await edit(tx, caller(), contact_id, ContactEdit(name=None)))[1] == ["name"]
        told = [(type(event), topics) for event, topics in tx.published]
        with pytest.raises(NotFound):
            await edit(tx, caller(), new_id(), ContactEdit(name="x"))
    assert told == [(ContactChanged, (f"contact:{contact_id}",))]


async def test_a_page_adds_to_what_is_known_and_never_over_a_signature(
    db: Database, site: tuple[UUID, UUID]
) -> None:
    signed = Profile(attributes={"等级": "金", "积分": 12})
    contact_id = (await _resolve(db, site, profile=signed)).contact_id
    async with db.tx(site[0]) as tx:
        await service.describe(tx, contact_id, {"等级": "钻石", "城市": "杭州"}, signed=True)
        assert (await service.get(tx, contact_id)).attributes == {"等级": "金", "积分": 12, "城市": "杭州"}
        told = len(tx.published)
        await service.describe(tx, contact_id, {"等级": "钻石"}, signed=True)
        assert len(tx.published) == told
        await service.describe(tx, contact_id, {"等级": "银", "vip": False}, signed=False)
        assert (await service.get(tx, contact_id)).attributes["等级"] == "银"


async def test_a_contact_holds_fifty_values_and_says_no_to_one_more(
    db: Database, site: tuple[UUID, UUID]
) -> None:
    contact_id = (await _resolve(db, site)).contact_id
    async with db.tx(site[0]) as tx:
        await service.describe(tx, contact_id, {str(n): n for n in range(50)}, signed=False)
        await service.describe(tx, contact_id, {str(n): -n for n in range(50)}, signed=False)
        with pytest.raises(Refused) as refused:
            await service.describe(tx, contact_id, {"50": 50}, signed=False)
        assert (refused.value.code, refused.value.field) == ("contacts.too_many_attributes", "values")
        assert (await service.get(tx, contact_id)).attributes["49"] == -49
        with pytest.raises(NotFound):
            await service.describe(tx, new_id(), {"a": 1}, signed=False)
