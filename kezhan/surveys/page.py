"""The page behind a link: a form that needs no script and no account. Whoever has the token may answer."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from litestar import Response

from kezhan.channels.links import opened_token
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.words import say
from kezhan.surveys import answer
from kezhan.surveys.choose import language_of
from kezhan.surveys.schemas import (
    MAX_COMMENT,
    AskedQuestion,
    AskedSurvey,
    Language,
    SurveyAnswerForm,
    SurveyReply,
)
from kezhan.workspaces.profile import view_workspace
from kezhan.workspaces.schemas import WorkspaceView

_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "x-robots-tag": "noindex",
    "x-content-type-options": "nosniff",
}
_STYLE = (Path(__file__).parent / "page.css").read_text("utf-8")
_FACES = ("😞", "🙁", "😐", "🙂", "😄")
_MOST_FIELD = 500
Fields = Sequence[tuple[str, str]]


async def visit(
    db: Database, keyring: KeyRing, token: str, sent: Fields | None, accepted: str
) -> Response[str]:
    """The page; with `sent` the fields of its form are kept first. `accepted`: the language of a stranger,
    because who was invited reads it in her own."""
    stranger = language_of(accepted, "")
    opened = opened_token(keyring, token)
    if opened is None:
        return _notice(stranger, "surveys.no_such_invite", 404)
    workspace_id, invite_id = opened
    try:
        async with db.tx(workspace_id) as tx:
            survey = await answer.shown(tx, invite_id, None, None)
            language: Language = await answer.spoken(tx, invite_id)
            space = await view_workspace(tx)
    except Refused as refused:
        return _notice(stranger, refused.code, refused.status)
    if sent is None:
        return _page(survey, language, space, kept=False)
    form = _form(survey, sent)
    try:
        async with db.tx(workspace_id) as tx:
            survey = await answer.give(tx, invite_id, None, form, "page")
    except Refused as refused:
        if refused.code == "surveys.over":
            return _notice(language, refused.code, refused.status)
        return _page(survey, language, space, fault=say(language, refused.code, **refused.params), typed=form)
    return _page(survey, language, space, kept=True)


def _form(survey: AskedSurvey, sent: Fields) -> SurveyAnswerForm:
    """What the fields say; what no form of ours sends is left out, and refused as an answer if nothing is
    left."""
    replies = []
    for question in survey.questions:
        values = [value for name, value in sent if name == question.key and value]
        if not values:
            continue
        numbers = [int(value) for value in values if value.isascii() and value.isdigit() and len(value) <= 2]
        if question.kind == "text":
            replies.append(SurveyReply(key=question.key, text=values[0][:_MOST_FIELD]))
        elif question.kind in {"one", "many"}:
            replies.append(SurveyReply(key=question.key, chosen=numbers))
        elif numbers:
            replies.append(SurveyReply(key=question.key, number=numbers[0]))
    comment = next((value for name, value in sent if name == "comment"), "")
    return SurveyAnswerForm(replies=replies, comment=comment.replace("\r\n", "\n")[:MAX_COMMENT])


def _page(
    survey: AskedSurvey,
    language: Language,
    space: WorkspaceView,
    *,
    kept: bool = False,
    fault: str = "",
    typed: SurveyAnswerForm | None = None,
) -> Response[str]:
    if survey.over:
        return _notice(language, "surveys.over", 410)
    given = typed or survey.answer
    title = survey.ask or say(language, "surveys.ask")
    told = ""
    if kept or (survey.answered and not typed):
        told = f'<p class="told" role="status">{escape(survey.thanks)}</p>'
    if fault:
        told = f'<p class="fault" role="alert">{escape(fault)}</p>'
    questions = "".join(_question(one, survey.look, given, language) for one in survey.questions)
    comment = _comment(given, language) if survey.comment else ""
    act = say(language, "surveys.page.change" if survey.answered else "surveys.page.send")
    body = (
        f"<h1>{escape(title)}</h1>{told}"
        f'<form method="post">{questions}{comment}<button class="send">{escape(act)}</button>'
        f'<p class="hint">{escape(say(language, "surveys.page.until"))}</p></form>'
    )
    return _html(language, title, _logo(space) + body, 400 if fault else 200, _tinted(space))


def _question(question: AskedQuestion, look: str, given: SurveyAnswerForm | None, language: Language) -> str:
    reply = next((one for one in given.replies if one.key == question.key), None) if given else None
    name = escape(question.key)
    if question.kind == "text":
        text = escape(reply.text if reply else "")
        return (
            f'<label class="asked" for="{name}">{escape(question.text)}</label>'
            f'<textarea id="{name}" name="{name}" rows="2" maxlength="{_MOST_FIELD}">{text}</textarea>'
        )
    if question.kind in {"one", "many"}:
        chosen = set(reply.chosen) if reply else set()
        kind = "radio" if question.kind == "one" else "checkbox"
        options = "".join(
            f'<label class="option"><input type="{kind}" name="{name}" value="{at}"{_checked(at in chosen)}>'
            f"<span>{escape(option)}</span></label>"
            for at, option in enumerate(question.options)
        )
        return _fieldset(question.text, "options", options)
    number = reply.number if reply else None
    signs = _signs(question, look, language)
    options = "".join(
        f'<label class="sign"><input type="radio" name="{name}" value="{value}"{_checked(value == number)}>'
        f"{_sign(sign, spoken)}</label>"
        for value, sign, spoken in signs
    )
    return _fieldset(
        question.text, f"signs {question.kind} {look if question.kind == 'csat' else ''}", options
    )


def _sign(seen: str, spoken: str) -> str:
    """`spoken` is read aloud in the place of a sign that says nothing to the ear."""
    if not spoken:
        return f"<span>{escape(seen)}</span>"
    return f'<span aria-hidden="true">{escape(seen)}</span><span class="aside">{escape(spoken)}</span>'


def _signs(question: AskedQuestion, look: str, language: Language) -> list[tuple[int, str, str]]:
    """(value, what is seen, what is read aloud)"""
    # messages: surveys.scale.*
    if question.kind == "resolved":
        return [(1, say(language, "surveys.yes"), ""), (0, say(language, "surveys.no"), "")]
    if question.kind == "nps":
        return [(value, str(value), say(language, "surveys.page.of_ten", n=value)) for value in range(11)]
    faces = _FACES if look == "faces" else ("★",) * 5
    return [(at, sign, say(language, f"surveys.scale.{at}")) for at, sign in enumerate(faces, 1)]


def _comment(given: SurveyAnswerForm | None, language: Language) -> str:
    text = escape(given.comment if given else "")
    return (
        f'<label class="asked" for="comment">{escape(say(language, "surveys.page.comment"))}</label>'
        f'<textarea id="comment" name="comment" rows="3" maxlength="{MAX_COMMENT}">{text}</textarea>'
    )


def _fieldset(title: str, look: str, options: str) -> str:
    return f'<fieldset><legend>{escape(title)}</legend><div class="{look.strip()}">{options}</div></fieldset>'


def _checked(is_it: bool) -> str:
    return " checked" if is_it else ""


def _notice(language: Language, code: str, status: int) -> Response[str]:
    text = say(language, code)
    return _html(language, text, f"<h1>{escape(text)}</h1>", status)


def _logo(space: WorkspaceView) -> str:
    return f'<img class="logo" src="{space.logo}" alt="{escape(space.name)}">' if space.logo else ""


def _tinted(space: WorkspaceView) -> str:
    """What the workspace's own colour changes in the style."""
    if space.tints is None:
        return ""
    light, dark = (
        f":root{{--pine:{tint.accent};--pine-soft:{tint.soft}}}"
        for tint in (space.tints.light, space.tints.dark)
    )
    return f"{light}@media (prefers-color-scheme: dark){{{dark}}}"


def _html(language: Language, title: str, body: str, status: int, tinted: str = "") -> Response[str]:
    page = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}{tinted}</style></head><body><main>{body}</main></body></html>"
    )
    return Response(page, status_code=status, media_type="text/html", headers=_HEADERS)
