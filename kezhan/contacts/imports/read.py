"""What a row of a list says of somebody, and what its columns probably are. Pure."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from kezhan.contacts.imports.schemas import CONSENT, FIELD, Column
from kezhan.contacts.schemas import MAX_NAME, MAX_NOTE, MAX_TIER
from kezhan.contacts.values import (
    checked_email,
    checked_language,
    checked_phone,
    email_values,
    name_values,
    one_line,
    phone_values,
)
from kezhan.fields.rights import edited
from kezhan.fields.schemas import CustomField
from kezhan.forms.check import walk
from kezhan.forms.schemas import FieldKind
from kezhan.kit.errors import Refused
from kezhan.workspaces.authenticate import Caller

_GUESSES: dict[Column, str] = {
    Column.NAME: "name fullname contact customer 姓名 名字 名称 客户 客户姓名 客户名称 联系人 昵称",
    Column.EMAIL: "email mail emailaddress 邮箱 电子邮箱 邮件 电子邮件 邮箱地址",
    Column.PHONE: "phone tel mobile telephone phonenumber cell 电话 手机 手机号 手机号码 联系电话 电话号码",
    Column.COMPANY: "company organisation organization employer 公司 单位 企业 公司名称",
    Column.TIER: "tier level vip 等级 客户等级 级别 会员等级",
    Column.LANGUAGE: "language lang locale 语言",
    Column.NOTE: "note notes remark remarks comment 备注 说明",
}
_YES = frozenset({"true", "yes", "y", "1", "是", "对", "有", "√"})
_NO = frozenset({"false", "no", "n", "0", "否", "不", "无", "×"})
_AGREES = _YES | {"agree", "agrees", "agreed", "consent", "consented", "opted in", "同意", "已同意"}
_AGREES_NOT = _NO | {"disagree", "declined", "refused", "opted out", "不同意", "未同意", "拒绝"}
_BETWEEN = re.compile(r"[;；,，、|]")


class Said(NamedTuple):
    """What a row says: columns of a contact, values of the workspace's own fields, her company's name, what
    she consents to; by what she is known (column, key), and a digest of all but consents."""

    columns: dict[str, Any]
    own: dict[str, Any]
    company: str
    agreed: list[UUID]
    keys: tuple[tuple[str, str], ...]
    digest: bytes


def guess(headings: Sequence[str], fields: Sequence[CustomField], consents: Mapping[UUID, str]) -> list[str]:
    """What each column probably is, each thing once. `consents`: the names of the texts."""
    words = {word: column.value for column, names in _GUESSES.items() for word in names.split()}
    words |= {_plain(name): f"{CONSENT}{text_id}" for text_id, name in consents.items()}
    words |= {_plain(field.label): FIELD + field.id for field in fields}
    found: list[str] = []
    for heading in headings:
        target = words.get(_plain(heading), "")
        found.append("" if target in found else target)
    return found


def _plain(heading: str) -> str:
    return re.sub(r"[\W_]", "", heading.casefold())


def said(
    cells: Sequence[str], targets: Sequence[str], fields: Mapping[str, CustomField], caller: Caller
) -> Said:
    """Raises Refused with the reason why the row cannot be taken."""
    columns: dict[str, Any] = {}
    own: dict[str, Any] = {}
    company, agreed = "", list[UUID]()
    for target, text in zip(targets, cells, strict=False):
        if not target or not text.strip():
            continue
        if target.startswith(FIELD):
            field = fields[target.removeprefix(FIELD)]
            own |= edited([field], {}, {field.id: _value(field, text.strip())}, caller)
        elif target.startswith(CONSENT):
            if _agrees(text.strip()):
                agreed.append(UUID(target.removeprefix(CONSENT)))
        elif target == Column.COMPANY:
            company = one_line(text)[:MAX_NAME]
        else:
            columns |= _column(Column(target), text.strip())
    if not columns and not own:
        raise Refused("contacts.import.empty_row")
    keys = tuple((name, columns[name]) for name in ("email_key", "phone_key") if columns.get(name))
    digest = hashlib.sha256(msgspec.json.encode([columns, own, company], order="sorted")).digest()
    return Said(columns, own, company, agreed, keys, digest)


def _column(column: Column, text: str) -> dict[str, Any]:
    if column is Column.EMAIL:
        return email_values(_checked(checked_email(text), "email", text))
    if column is Column.PHONE:
        return phone_values(_checked(checked_phone(text), "phone", text))
    if column is Column.LANGUAGE:
        return {"language": _checked(checked_language(text), "language", text)}
    if column is Column.NAME:
        name = one_line(text)
        if len(name) > MAX_NAME:
            raise Refused("contacts.import.too_long", what=text[:20], most=MAX_NAME)
        return name_values(name)
    if column is Column.TIER:
        if len(one_line(text)) > MAX_TIER:
            raise Refused("contacts.import.too_long", what=text[:20], most=MAX_TIER)
        return {"tier": one_line(text)}
    return {"note": text[:MAX_NOTE]}


def _agrees(text: str) -> bool:
    """No says nothing: whoever has consented before is not asked by a list whether she still does."""
    word = text.casefold()
    if word not in _AGREES | _AGREES_NOT:
        raise Refused("contacts.import.bad_consent", text=text[:80])
    return word in _AGREES


def _checked(found: str | None, what: str, text: str) -> str:
    if found is None:
        # messages: contacts.import.bad_*
        raise Refused(f"contacts.import.bad_{what}", text=text[:80])
    return found


def _value(field: CustomField, text: str) -> Any:
    """In the shape of the field's kind as far as can be told; the rest is refused where it is checked."""
    match field.kind:
        case FieldKind.NUMBER:
            return _number(text)
        case FieldKind.YES_NO:
            word = text.casefold()
            return word in _YES if word in _YES | _NO else text
        case FieldKind.DATE:
            return _day(text)
        case FieldKind.CHOICE | FieldKind.TREE:
            return _choice(field, text)
        case FieldKind.CHOICES:
            return [_choice(field, one.strip()) for one in _BETWEEN.split(text) if one.strip()]
    return text


def _number(text: str) -> Any:
    try:
        number = float(re.sub("[,， ]", "", text))
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


def _day(text: str) -> str:
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?", text)
    if found is None:
        return text
    try:
        return date(*(int(part) for part in found.groups())).isoformat()
    except ValueError:
        return text


def _choice(field: CustomField, text: str) -> str:
    """By what it is called, or its id."""
    last = re.split(r"\s*[>/]\s*", text)[-1].casefold()
    for choice, _ in walk(field.choices):
        if choice.label.casefold() in (text.casefold(), last):
            return choice.id
    return text
