"""What a check has found."""

from typing import Any, Literal

from kezhan.doctor.words import WORDS
from kezhan.kit.postgres import PostgresFault

Level = Literal["ok", "warn", "fault"]
_SHOWN: dict[Level, tuple[str, str]] = {
    "ok": ("ok   ", "正常"),
    "warn": ("warn ", "注意"),
    "fault": ("FAULT", "故障"),
}


class Finding:
    """`code` names the sentence in `words`, `params` fill it."""

    def __init__(self, level: Level, code: str, params: dict[str, Any]) -> None:
        self.level = level
        self.code = code
        self.params = params

    def line(self, language: str) -> str:
        """One line for a terminal; what is wrong says how to mend it."""
        place = 1 if language == "zh-CN" else 0
        given = {
            name: value.text(language) if isinstance(value, PostgresFault) else value
            for name, value in self.params.items()
        }
        return f"{_SHOWN[self.level][place]}  {WORDS[self.code][place].format_map(given)}"

    def __repr__(self) -> str:
        return f"<{self.line('en')}>"


def ok(code: str, **params: Any) -> Finding:
    return Finding("ok", code, params)


def warn(code: str, **params: Any) -> Finding:
    return Finding("warn", code, params)


def fault(code: str, **params: Any) -> Finding:
    return Finding("fault", code, params)
