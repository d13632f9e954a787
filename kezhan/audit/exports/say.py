"""A line of the log as cells of a sheet, in words. Pure."""

from typing import Any

from kezhan.audit.schemas import EntryView
from kezhan.kit.changes import Change, Value
from kezhan.kit.words import say

COLUMNS = (
    *("number", "at", "who", "group", "action", "subject", "subject_id", "changes", "facts", "peer", "id"),
)


def heading(language: str) -> list[str]:
    # messages: audit.column.*
    return [say(language, f"audit.column.{name}") for name in COLUMNS]


def cells(entry: EntryView, language: str) -> list[str]:
    """In the order of COLUMNS."""
    # messages: audit.actions.*, audit.actor.*, audit.group.*, audit.subject.*
    facts = {name: value for name, value in (entry.detail or {}).items() if name not in _UNTOLD}
    return [
        "" if entry.number is None else str(entry.number),
        entry.at,
        entry.actor_name or say(language, f"audit.actor.{entry.actor_kind}"),
        say(language, f"audit.group.{entry.group}"),
        say(language, f"audit.actions.{entry.action}"),
        entry.subject_name or _known(language, "subject", entry.subject_kind),
        str(entry.subject_id or ""),
        say(language, "audit.forgotten") if entry.forgotten else _changes(entry.changes, language),
        "; ".join(f"{_field(language, name)}: {_value(language, value)}" for name, value in facts.items()),
        entry.peer or "",
        str(entry.id),
    ]


_UNTOLD = ("v", "fields")
"""The version of a detail; what the changes tell better."""


def _changes(changes: list[Change], language: str) -> str:
    return "; ".join(
        f"{_field(language, one.field)}: {_value(language, one.before)} → {_value(language, one.after)}"
        for one in changes
    )


def _field(language: str, path: str) -> str:
    """Each name of the path in words; places in lists count from one."""
    # messages: audit.field.*
    parts = path.split(".")
    return " › ".join(
        str(int(part) + 1) if part.isdecimal() else _known(language, "field", part) for part in parts
    )


def _value(language: str, value: Value | Any) -> str:
    # messages: audit.value.*
    if value is None or value in ("", []):
        return say(language, "audit.value.none")
    if isinstance(value, bool):
        return say(language, f"audit.value.{'yes' if value else 'no'}")
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return _known(language, "value", str(value))


def _known(language: str, kind: str, name: str) -> str:
    """Words for it, or the name itself where there are none."""
    key = f"audit.{kind}.{name}"
    return name.replace("_", " ") if (found := say(language, key)) == key else found
