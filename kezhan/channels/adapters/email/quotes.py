"""What the customer has written this time: without the mail she answers, without the signature.

Where nothing would be left, or she has written between the quoted lines, the text stays whole.
"""

import re

from msgspec import Struct

from kezhan.channels.adapters.email.html import CUT, SIGNED, SIGNED_END, tidy

_ATTRIBUTIONS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"on\s.{4,300}\swrote\s?[:：]",
        r"at\s\d{4}-.{4,300}wrote\s?[:：]",
        r".{1,200}\s?于\s?\d{4}\s?[年/-].{0,200}写道\s?[:：]",
        r"在\s?\d{4}\s?[年/-].{2,300}写道\s?[:：]",
        r".{1,100}于\s?\d{4}\s?年.{0,200}寫道\s?[:：]",
        r"在\s?\d{4}\s?年.{2,300}寫道\s?[:：]",
        r"\d{4}\s?[年/-].{4,200}(?:写道|寫道|wrote)\s?[:：]",
        r"am\s.{4,200}\sschrieb\s.{1,200}[:：]",
        r"le\s.{4,200}\sa écrit\s?[:：]",
    )
)
_SEPARATOR = re.compile(
    r"\s*[-_—]{2,}(?:\s|&nbsp;)*(?:原始邮件|原始郵件|原邮件|原信件|回复的原邮件|转发的邮件"
    r"|Original(?: Message)?|Forwarded message|Replied Message)(?:\s|&nbsp;)*[-_—]{2,}\s*",
    re.IGNORECASE,
)
_RULE = re.compile(r"_{20,}|-{20,}")
_FIRST_FIELD = re.compile(r"[*\s]{0,4}(?:发件人|寄件者|寄件人|From)[*\s]{0,4}[:：]", re.IGNORECASE)
_NEXT_FIELD = re.compile(
    r"[*\s]{0,4}(?:发送时间|发送日期|傳送時間|寄件日期|日期|时间|收件人|收件者|主题|主旨|抄送|Sent|Date|To|Subject|Cc)"
    r"[*\s]{0,4}[:：]",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"(?:发自我的|發自我的|发自|從我的|从我的)\s?.{1,60}"
    r"|Sent from (?:my|Mail|Outlook|Yahoo|Samsung|Proton).{0,80}|Von meinem .{1,60} gesendet"
    r"|(?:Get|获取|下载) ?\[?Outlook for.{0,100}|获取适用于.{0,40}Outlook.{0,60}",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"-- ?")
_BLANK = "&nbsp;"
"""QQ Mail writes it into plain texts too."""
_LONGEST = 700
_WRAPPED = 3


class Stretch(Struct, frozen=True):
    """Lines one after the other, all hers or all quoted. `told`: a line says whose words are quoted."""

    quoted: bool
    lines: list[str]
    told: bool = False


def own_words(text: str) -> str:
    """`text` without quotes and signature. Lines that begin with `>` are quoted, from CUT on all is."""
    lines = _without_quotes(_stretches(tidy(text).split("\n")))
    return tidy("\n".join(_without_signature(lines))) or all_words(text)


def unsigned(text: str) -> str:
    """`text` with its quotes, without signature."""
    return tidy("\n".join(_without_signature(text.replace(CUT, "").split("\n")))) or all_words(text)


def all_words(text: str) -> str:
    return tidy(re.sub(f"[{CUT}{SIGNED}{SIGNED_END}]", "", text))


def _stretches(lines: list[str]) -> list[Stretch]:
    found: list[Stretch] = []
    own: list[str] = []
    at = 0
    while at < len(lines):
        if _parts(lines, at):
            break
        told = _attribution(lines, at)
        start = at + told
        while told and start < len(lines) and not lines[start].strip():
            start += 1
        end = _quote_end(lines, start)
        if told and end == start:
            break  # nothing marks where the quoted words end
        if end == start:
            own.append(lines[at])
            at += 1
            continue
        inside = [line.lstrip("> ") for line in lines[start:end]]
        said = told > 0 or any(_attribution(inside, index) for index in range(min(3, len(inside))))
        found += [Stretch(False, own), Stretch(True, lines[at:end], said)]
        own, at = [], end
    return [*found, Stretch(False, own)]


def _parts(lines: list[str], at: int) -> bool:
    """Whether all from this line on is the mail that is answered."""
    line = lines[at]
    if line == CUT:
        return True
    if len(line) > _LONGEST:
        return False
    if _SEPARATOR.fullmatch(line):
        return True
    rest = [one for one in lines[at + 1 : at + 9] if one.strip()]
    if _RULE.fullmatch(line.strip()) and rest:
        return _FIRST_FIELD.match(rest[0]) is not None and _fields(rest[1:]) > 0
    return _FIRST_FIELD.match(line) is not None and _fields(rest) > 0


def _fields(lines: list[str]) -> int:
    return sum(_NEXT_FIELD.match(line) is not None for line in lines[:4])


def _attribution(lines: list[str], at: int) -> int:
    """Of how many lines the words "On …, … wrote:" are that begin here; 0: none do."""
    for count in range(1, _WRAPPED + 1):
        some = [line.strip() for line in lines[at : at + count]]
        if len(some) < count or not some[-1] or len(some[-1]) > _LONGEST:
            return 0
        if count > 1 and some[-1].startswith(">") and not some[0].startswith(">"):
            return 0
        if some[-1].endswith((":", "：")):
            # Her own last line stands above such words often enough: the fewest lines that say it are it.
            later = any(_tells(" ".join(some[index:])) for index in range(1, count))
            return count if not later and _tells(" ".join(some)) else 0
    return 0


def _tells(said: str) -> bool:
    return any(pattern.fullmatch(said) for pattern in _ATTRIBUTIONS)


def _quote_end(lines: list[str], start: int) -> int:
    """Behind the last quoted line; empty lines within belong to it."""
    end = at = start
    while at < len(lines) and (lines[at].startswith(">") or not lines[at].strip()):
        at += 1
        end = at if lines[at - 1].startswith(">") else end
    return end


def _without_quotes(stretches: list[Stretch]) -> list[str]:
    """Hers alone, as long as that can be understood: answers between the lines need those lines."""
    answered = [
        (before, quote)
        for before, quote, after in zip(stretches, stretches[1:], stretches[2:], strict=False)
        if quote.quoted and _says(after)
    ]
    between = len(answered) > 1 or any(_says(before) and not quote.told for before, quote in answered)
    return [line for one in stretches if between or not one.quoted for line in [*one.lines, ""]]


def _says(stretch: Stretch) -> bool:
    return any(_without_signature(stretch.lines))


def _without_signature(lines: list[str]) -> list[str]:
    lines = _without_signed(lines)
    for index, line in enumerate(lines):
        if _SIGNATURE.fullmatch(line) and any(one.strip() for one in lines[:index]):
            lines = lines[:index]
            break
    end = len(lines)
    while end and (
        lines[end - 1].strip() in {"", _BLANK} or _DEVICE.fullmatch(lines[end - 1].strip()[:_LONGEST])
    ):
        end -= 1
    return lines[:end]


def _without_signed(lines: list[str]) -> list[str]:
    """Without what her client has marked as her signature."""
    own: list[str] = []
    signed = False
    for line in lines:
        if line in {SIGNED, SIGNED_END}:
            signed = line == SIGNED
        elif not signed:
            own.append(line)
    return own
