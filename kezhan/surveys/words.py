"""Surveys in words: what is said to customers, what they say in a message, an answer in one line. Pure."""

import re
import unicodedata
from uuid import UUID

from kezhan.kit.words import say
from kezhan.surveys.choose import ask_of, in_language, thanks_of
from kezhan.surveys.schemas import AskedQuestion, Language, SurveyDefinition, SurveyQuestion, SurveyReply

MOST_HEARD = 12
"""No answer by message is longer."""
_NUMBER = re.compile(r"(\d{1,2})\s*(?:分|颗?星|stars?|points?)?[.!。！~]*", re.IGNORECASE)
_CHINESE = {sign: number for number, sign in enumerate("零一二三四五六七八九十")} | {"两": 2}
_YES = frozenset({"是", "是的", "已解决", "解决了", "yes", "y"})
_NO = frozenset({"否", "没有", "未解决", "没解决", "no", "n"})
_MOST = {"csat": 5, "nps": 10, "resolved": 2}


def question_text(question: SurveyQuestion, language: Language) -> str:
    # messages: surveys.question.*
    return in_language(question.text, language) or say(language, f"surveys.question.{question.kind}")


def asked(question: SurveyQuestion, language: Language) -> AskedQuestion:
    options = [in_language(one, language) for one in question.options]
    return AskedQuestion(
        key=question.key, kind=question.kind, text=question_text(question, language), options=options
    )


def invitation(definition: SurveyDefinition, account_id: UUID, language: Language, *, numbers: bool) -> str:
    """What is said in the thread. `numbers`: the customer cannot be shown anything to press."""
    ask = ask_of(definition, account_id, language) or say(language, "surveys.ask")
    if not numbers:
        return ask
    first = definition.questions[0]
    # messages: surveys.hint.*
    hint = say(language, f"surveys.hint.{first.kind}")
    return "\n".join([ask, question_text(first, language), hint])


def thanks(definition: SurveyDefinition, account_id: UUID | None, language: Language) -> str:
    return thanks_of(definition, account_id, language) or say(language, "surveys.thanks")


def heard(text: str) -> str:
    """As it is compared; empty where it is no short word."""
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    return plain if len(plain) <= MOST_HEARD else ""


def may_answer(text: str) -> bool:
    """Whether a message could be an answer to any survey: nearly none is."""
    said = heard(text)
    return said in _YES or said in _NO or _number(said) is not None


def number_of(question: SurveyQuestion, text: str) -> int | None:
    """What a message answers to the question; None where it is something else."""
    said = heard(text)
    number = _number(said)
    if question.kind == "resolved":
        if said in _YES or number == 1:
            return 1
        return 0 if said in _NO or number == 2 else None
    most = _MOST.get(question.kind)
    least = 1 if question.kind == "csat" else 0
    return number if most is not None and number is not None and least <= number <= most else None


def _number(said: str) -> int | None:
    if found := _NUMBER.fullmatch(said):
        return int(found[1])
    stripped = said.rstrip("。.!！").removesuffix("分").removesuffix("星").removesuffix("颗")
    if stripped and set(stripped) <= {"★", "⭐", "\ufe0f"}:
        return stripped.count("★") + stripped.count("⭐")
    return _CHINESE.get(stripped)


def told(question: SurveyQuestion, reply: SurveyReply, language: Language) -> str:
    """A reply in words; empty where there is none."""
    if question.kind in {"csat", "nps"} and reply.number is not None:
        return f"{reply.number}/{_MOST[question.kind]}"
    if question.kind == "resolved" and reply.number is not None:
        return say(language, "surveys.yes" if reply.number else "surveys.no")
    if question.kind in {"one", "many"}:
        return "、".join(
            in_language(question.options[at], language) for at in reply.chosen if at < len(question.options)
        )
    return reply.text


def summary(csat: int | None, resolved: bool | None, nps: int | None) -> str:
    """An answer in signs that every reader knows."""
    parts = [f"{csat}/5" if csat is not None else "", f"NPS {nps}" if nps is not None else ""]
    parts.append("" if resolved is None else "✓" if resolved else "✗")
    return " · ".join(part for part in parts if part)
