"""Known bugs, planted in a copy of the product: lines behind a file's own, which take its parts' place."""

import shutil
from pathlib import Path

from tests.faults.place import ROOT

_ACK = """

_write_in_truth = Lane._write


async def _write_and_tell_early(self, items, marks):
    transaction = self._connection().transaction()
    await transaction.start()
    batch, moved = await _write_in_truth(self, items, marks)
    for item, seq, rev in zip(items, batch.seqs, batch.revs):
        if seq is not None:
            item.done(item, Appended("new", item.conversation_id, seq, rev, self._at))
    await asyncio.sleep(0.05)
    await transaction.commit()
    return batch, moved


Lane._write = _write_and_tell_early
"""
_TWICE = """

_where = "where k.workspace_id = workspaces[m.p] and k.sender_id = senders[m.i]"
_where += " and k.client_id = clients[m.i]"
_insert = "select workspaces[m.p], senders[m.i], clients[m.i], conversations[m.p], seqs[m.i]\\n"
_insert += "    from unnest(places) with ordinality as m(p, i)\\n    where seqs[m.i] is not null"
assert _APPEND.count(_where) == 1 and _APPEND.count(_insert) == 1
_APPEND = _APPEND.replace(_where, "where false").replace(_insert, _insert + " on conflict do nothing")
"""
_UNSORTED = """

_changed_in_order = changed_messages


async def changed_messages(tx, conversation_id, rev, above_seq):
    return list(reversed(await _changed_in_order(tx, conversation_id, rev, above_seq)))
"""
PLANTS: dict[str, tuple[str, str]] = {
    "early-acknowledgement": ("conversations/append.py", _ACK),
    "no-deduplication": ("migrations/versions/v0007_append_messages.py", _TWICE),
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
