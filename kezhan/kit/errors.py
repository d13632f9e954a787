"""Refusals: a stable code, a status, parameters. The words live in `locales/`; see `kit.words`."""

from typing import Any

import msgspec

from kezhan.kit.masking import Said


class Refused(Exception):
    """A request or frame that is not carried out.

    `code` is stable and dotted by room (`conversations.closed`), `status` the HTTP status it answers with,
    `params` fill the message in the reader's language. `field` names the input at fault, if one is.
    """

    def __init__(self, code: str, status: int = 400, *, field: str | None = None, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.field = field
        self.params = params


class NotFound(Refused):
    """The thing does not exist, or this caller may not know that it does."""

    def __init__(self, code: str = "kit.not_found", **params: Any) -> None:
        super().__init__(code, 404, **params)


class Forbidden(Refused):
    def __init__(self, code: str = "kit.forbidden", **params: Any) -> None:
        super().__init__(code, 403, **params)


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of every refusal, `application/problem+json` (RFC 9457) with our stable `code`."""

    type: str
    title: Said
    status: int
    code: str
    detail: str | None = None
    field: str | None = None
    trace: str | None = None
