"""What a message says, by its type. `content` is JSON in a string:

text {"text": "hi @_user_1"}; post {"title", "content": [[{"tag": "text|a|at|img|media", …}]]}
image {"image_key"}; file {"file_key", "file_name"}; audio {"file_key", "duration"}
media {"file_key", "image_key", "file_name", "duration"}; sticker {"file_key"}
location {"name", "longitude", "latitude"}; share_chat {"chat_id"}; share_user {"user_id"}
system {"template": "{from_user} …", "from_user": […]}; interactive, todo, vote and others: words somewhere
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from kezhan.channels.adapters.feishu.media import ref_of
from kezhan.channels.base import InboundFile
from kezhan.kit.loose import read, rows, word

_MOST_PARTS = 20
_NAMES = {"audio": ("语音.opus", "audio/ogg"), "media": ("视频.mp4", "video/mp4"), "file": ("", "")}
_WORDS = frozenset(
    {"text", "title", "content", "name", "topic", "summary", "template", "file_name", "options"}
)
_MOST = 2000


class Part(Struct, frozen=True, kw_only=True):
    """Words, or a file; neither: of a kind we do not know, `text` is what can be shown of it."""

    text: str = ""
    file: InboundFile | None = None
    known: bool = True


def parts(message: Mapping[str, Any]) -> list[Part]:
    """At least one."""
    kind, message_id = word(message, "message_type"), word(message, "message_id")
    try:
        content = read(word(message, "content") or "{}")
    except ValueError:
        return [Part(text=word(message, "content")[:_MOST], known=False)]
    names = {word(one, "key"): word(one, "name") for one in rows(message, "mentions")}
    if kind == "post":
        return _post(content, message_id, names)[:_MOST_PARTS]
    if kind == "image" and word(content, "image_key"):
        return [Part(file=InboundFile(ref=ref_of(message_id, "image", word(content, "image_key"))))]
    if kind in _NAMES and word(content, "file_key"):
        name, media_type = _NAMES[kind]
        ref = ref_of(message_id, "file", word(content, "file_key"))
        file = InboundFile(ref=ref, name=word(content, "file_name") or name, media_type=media_type)
        return [Part(file=file)]
    text = _named(_text(kind, content), names)
    return [Part(text=text)] if text.strip() else [Part(text=_readable(content), known=False)]


def _text(kind: str, content: Mapping[str, Any]) -> str:
    text = ""
    match kind:
        case "text":
            text = word(content, "text")
        case "location":
            place = f"{word(content, 'latitude')},{word(content, 'longitude')}".strip(",")
            text = "\n".join(line for line in ("[位置]", word(content, "name"), place) if line)
        case "share_chat":
            text = f"[群名片] {word(content, 'chat_id')}"
        case "share_user":
            text = f"[个人名片] {word(content, 'user_id')}"
        case "interactive":
            text = _readable(content)
        case "system":
            text = _filled(content)
    return text


def _post(content: Mapping[str, Any], message_id: str, names: Mapping[str, str]) -> list[Part]:
    """Rich text: its words in lines, with the first of its pictures and films; then the others."""
    lines, files = [word(content, "title")], []
    for row in rows(content, "content"):
        said = ""
        for run in row if isinstance(row, list) else []:
            said += _run(run)
            if key := word(run, "image_key") if word(run, "tag") == "img" else "":
                files.append(InboundFile(ref=ref_of(message_id, "image", key)))
            if key := word(run, "file_key") if word(run, "tag") == "media" else "":
                files.append(InboundFile(ref=ref_of(message_id, "file", key), name="视频.mp4"))
        lines.append(said)
    text = _named("\n".join(lines).strip("\n"), names)
    if files:
        return [Part(text="" if number else text, file=file) for number, file in enumerate(files)]
    return [Part(text=text)] if text.strip() else [Part(text=_readable(content), known=False)]


def _run(run: object) -> str:
    tag, text = word(run, "tag"), word(run, "text")
    match tag:
        case "a":
            href = word(run, "href")
            return f"{text} {href}".strip() if text != href else href
        case "at":
            return f"@{word(run, 'user_name') or word(run, 'user_id')}"
        case "emotion":
            return f"[{word(run, 'emoji_type')}]"
        case "hr":
            return "———"
        case _:
            return text


def _named(text: str, names: Mapping[str, str]) -> str:
    """With the names of those who are mentioned. The longest key first: `@_user_1` begins `@_user_11`."""
    for key in sorted(names, key=len, reverse=True):
        text = text.replace(f"@{key}", f"@{names[key]}").replace(key, f"@{names[key]}") if key else text
    return text.replace("@_all", "@所有人")


def _filled(content: Mapping[str, Any]) -> str:
    """A system message: the names in its template's braces."""
    text = word(content, "template")
    for name, value in content.items():
        said = "、".join(one for one in value if isinstance(one, str)) if isinstance(value, list) else value
        if isinstance(said, str):
            text = text.replace(f"{{{name}}}", said)
    return text


def _readable(content: object) -> str:
    """Whatever words can be found in it, in lines."""
    found: list[str] = []
    waiting: list[object] = [content]
    while waiting and len(found) < 50:
        one = waiting.pop()
        if isinstance(one, dict):
            found += [
                value for name, value in one.items() if name in _WORDS and isinstance(value, str) and value
            ]
            waiting += [value for value in reversed(one.values()) if isinstance(value, dict | list)]
        elif isinstance(one, list):
            found += [value for value in one if isinstance(value, str)]
            waiting += [value for value in reversed(one) if isinstance(value, dict | list)]
    return "\n".join(found)[:_MOST]
