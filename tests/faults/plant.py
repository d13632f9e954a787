"""Known bugs, planted in a copy of the product: lines behind a file's own, which take its parts' place."""

import shutil
from pathlib import Path

from tests.faults.place import ROOT

_ACK = """

_write_in_truth = Lane._write


async def _write_and_tell_early(self, items, marks):
    transaction = self._connection().transaction()
    await transaction.start()
    found = await _write_in_truth(self, items, marks)
    for row in found[0]:
        if row["outcome"] == "new":
            item = items[row["n"]]
            answer = Appended("new", row["conversation_id"], row["seq"], row["rev"], self._at)
            item.done(item, answer)
    await asyncio.sleep(0.05)
    await transaction.commit()
    return found


Lane._write = _write_and_tell_early
"""
_TWICE = """

def _forgetful(statement):
    where = "where k.workspace_id = p.workspace_id and k.sender_id = i.sender_id"
    where += " and k.client_id = i.client_id"
    insert = "conversation_id, seq from fresh\\n)"
    assert statement.count(where) == 1 and statement.count(insert) == 1
    return statement.replace(where, "where false").replace(insert, insert[:-2] + " on conflict do nothing)")


_FEW, _MANY = _forgetful(_FEW), _forgetful(_MANY)
"""
_UNSORTED = """

_changed_in_order = changed_messages


async def changed_messages(tx, conversation_id, rev, above_seq):
    return list(reversed(await _changed_in_order(tx, conversation_id, rev, above_seq)))
"""
PLANTS: dict[str, tuple[str, str]] = {
    "early-acknowledgement": ("conversations/append.py", _ACK),
    "no-deduplication": ("conversations/store.py", _TWICE),
    "unsorted-resume": ("conversations/store.py", _UNSORTED),
}
"""Name → file of the product, and what is written behind its end."""


def plant(name: str, folder: Path) -> Path:
    """A copy of the product with that bug; the folder to run it from."""
    shutil.copytree(
        ROOT / "kezhan", folder / "kezhan", ignore=shutil.ignore_patterns("tests", "__pycache__", "assets")
    )
    path, text = PLANTS[name]
    with (folder / "kezhan" / path).open("a", encoding="utf-8") as out:
        out.write(text)
    return folder
