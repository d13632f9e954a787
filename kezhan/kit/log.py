"""Structured log on stderr: one JSON object a line, or columns on a terminal. Ids, never content."""

import asyncio
import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from kezhan.kit.sensitive import Sort, masked_text


def configure(level: str) -> None:
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _without_values,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)


# PostgreSQL quotes the row it refuses, PostgreSQL and the driver the value they cannot read.
_QUOTED = re.compile(
    r"(DETAIL: |invalid input [^:\n]*:).*?(?=\n\[SQL|\\n\[SQL|\n\nThe above|\n\nDuring|\Z)", re.DOTALL
)


_SORTS = frozenset(Sort)


def _without_values(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What a fault says may quote what somebody said."""
    for name in ("exception", "fault"):
        if isinstance(line.get(name), str):
            line[name] = _QUOTED.sub(r"\1 …", line[name])
    for name, value in line.items():
        if isinstance(value, str):
            line[name] = masked_text(value, _SORTS)
    return line


log: structlog.stdlib.BoundLogger = structlog.get_logger()


def tell_end(task: asyncio.Task[None]) -> None:
    """For `add_done_callback`: a part that ends while the house goes on is a fault; `/livez` says so until
    the next start."""
    if not task.cancelled():
        log.error("kit.part_ended", part=str(task.get_coro()), exc_info=task.exception())
