"""Tables of the room; see migration 0022 for constraints, indexes and policies."""

from sqlalchemy.orm import Mapped, mapped_column

from kezhan.files.exports import models as exports
from kezhan.kit.db import StructColumn
from kezhan.search.schemas import Question


class Export(exports.Export):
    __tablename__ = "search_exports"

    question: Mapped[Question] = mapped_column(StructColumn(Question))
    kind: Mapped[str]
