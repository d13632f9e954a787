"""What is said, cleaned and checked, and the keys it is found by. Pure."""

from typing import Any
from uuid import UUID

from msgspec import structs

from kezhan.kit.bigrams import plain, words_of
from kezhan.kit.errors import Refused
from kezhan.quick.fill import check_variables
from kezhan.quick.schemas import MAX_BODY, MAX_CODE, MAX_LEVEL, MAX_LEVELS, MAX_TITLE, Words
from kezhan.workspaces.names import initials_of, pinyin_of, sort_key

# Phrases of asking and the commonest words: nobody can tell from them what is meant.
_PHRASES = """
    你好 您好 请问 什么 怎么 么样 可以 以吗 一下 我想 我要 想问 问一 有没 没有 是不 不是 这个 那个 我的 你们
    您们 我们 谢谢 多少 时候 候能 哪里 为什 么时 能不 不能
    the and you for with have this that what how can are is to my it of in do we
"""
_ASKING = frozenset(_PHRASES.split())
_MARK = 4


def cleaned(words: Words, *, more: bool) -> Words:
    """Without stray spaces. Raises Refused where something is missing, too long or not allowed; `more`:
    whether there are files or a card, and so something to send without a text."""
    title, code, body = _line(words.title), words.code.strip(), words.body.strip()
    if "\0" in f"{title}{code}{body}{words.category}":
        raise Refused("kit.bad_text", field="body")
    if not title:
        raise Refused("quick.no_title", field="title")
    if len(title) > MAX_TITLE:
        raise Refused("quick.long_title", field="title", most=MAX_TITLE)
    if len(code) > MAX_CODE or any(sign.isspace() or sign == "/" for sign in code):
        raise Refused("quick.bad_code", field="code", most=MAX_CODE)
    if not body and not more:
        raise Refused("quick.no_body", field="body")
    if len(body) > MAX_BODY:
        raise Refused("quick.long_body", field="body", most=MAX_BODY)
    check_variables(body)
    return structs.replace(
        words, category=cleaned_category(words.category), title=title, code=code, body=body
    )


def cleaned_category(category: str) -> str:
    levels = [name for name in (_line(part) for part in category.split("/")) if name]
    if len(levels) > MAX_LEVELS or any(len(name) > MAX_LEVEL for name in levels):
        raise Refused("quick.bad_category", field="category", levels=MAX_LEVELS, most=MAX_LEVEL)
    return "/".join(levels)


def values_of(workspace_id: UUID, words: Words) -> dict[str, Any]:
    """The columns that words fill."""
    return {
        "category": words.category,
        "title": words.title,
        "code": words.code,
        "body": words.body,
        "code_key": plain(words.code),
        "title_key": plain(words.title),
        "sort_key": sort_key(f"{words.category}/{words.title}"),
        "pinyin": pinyin_of(words.title),
        "initials": initials_of(words.title),
        "title_words": telling(workspace_id, f"{words.title} {words.code}"),
        "words": telling(workspace_id, f"{words.title} {words.code} {words.category} {words.body}"),
    }


def telling(workspace_id: UUID, text: str) -> list[str]:
    """Its words and pairs of characters but for those that say nothing of what it is about."""
    return [
        word for word in words_of(workspace_id, text) if len(word) > _MARK + 1 and word[_MARK:] not in _ASKING
    ]


def pinyin_query(text: str) -> str:
    """What was typed, as pinyin is kept; empty where it cannot be pinyin."""
    typed = "".join(plain(text).split())
    return typed if typed.isascii() and typed.isalnum() else ""


def _line(text: str) -> str:
    return " ".join(text.split())
