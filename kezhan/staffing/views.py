"""Rows as they are shown."""

from typing import Any

from sqlalchemy import Row

from kezhan.staffing.schemas import Colour, ShiftView
from kezhan.staffing.times import minutes, shown


def shift_view(row: Row[Any]) -> ShiftView:
    return ShiftView(
        id=row.id,
        name=row.name,
        starts=shown(row.starts),
        ends=shown(row.ends),
        minutes=minutes(row.starts, row.ends),
        colour=Colour(row.colour),
        archived=row.archived_at is not None,
    )
