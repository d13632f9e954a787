"""Quick replies at hand: looked for, offered to a customer's words, taken. Filled with what is known of a
conversation."""

from collections import Counter
from collections.abc import Sequence
from math import log
from uuid import UUID

from kezhan.kit.bigrams import plain
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound
from kezhan.kit.reading import ReadRow
from kezhan.quick import store
from kezhan.quick.fill import Facts, fill
from kezhan.quick.keys import pinyin_query, telling
from kezhan.quick.schemas import QuickOffer, QuickOffers, Scope
from kezhan.quick.service import card_of, files_of
from kezhan.workspaces.authenticate import Caller

SHOWN = 30
SUGGESTED = 3
_WORDS = 60
"""Of a customer's message; what comes after them changes nothing."""
_TITLE = 2.0
"""How much more a word in a title tells."""
_COMMON = 3
"""A word that more than one in so many has tells nothing, where there are enough to say so."""
_ENOUGH = 9


async def search(tx: Tx, caller: Caller, query: str, facts: Facts) -> QuickOffers:
    """The best first; without a query those she uses the most."""
    rows = await store.search(
        tx, list(caller.team_ids), caller.membership_id, plain(query.strip()), pinyin_query(query), SHOWN
    )
    return QuickOffers([_offer(row, facts) for row in rows])


async def suggest(tx: Tx, caller: Caller, text: str, facts: Facts) -> QuickOffers:
    """Up to three that share words with a customer's text, the fittest first; none where nothing fits."""
    words = telling(tx.workspace, text)[:_WORDS]
    if not words:
        return QuickOffers([])
    mine = list(caller.team_ids), caller.membership_id
    fitting = _fittest(await store.sharing(tx, *mine, words))
    if not fitting:
        return QuickOffers([])
    return QuickOffers([_offer(row, facts) for row in await store.at_hand(tx, *mine, fitting)])


async def take(tx: Tx, caller: Caller, reply_id: UUID, client_id: str, facts: Facts) -> QuickOffer:
    """One, to be said; it is counted once for a `client_id`. Raises NotFound for one she has not at hand."""
    rows = await store.at_hand(tx, list(caller.team_ids), caller.membership_id, [reply_id])
    if not rows:
        raise NotFound("quick.not_found")
    await store.use(tx, reply_id, caller.membership_id, client_id, now())
    return _offer(rows[0], facts)


def _fittest(rows: Sequence[ReadRow]) -> list[UUID]:
    """A rare word tells more than a frequent one. One word of a title is enough, of a text it takes two."""
    spread = Counter(word for row in rows for word in row["shared"])
    scores: list[tuple[float, int, UUID]] = []
    for row in rows:
        total = row["total"]
        telling_words = [word for word in row["shared"] if total < _ENOUGH or spread[word] * _COMMON <= total]
        titled = set(row["titled"]).intersection(telling_words)
        if titled or len(telling_words) > 1:
            weights = ((_TITLE if word in titled else 1.0, spread[word]) for word in telling_words)
            score = sum(weight * log(1 + total / count) for weight, count in weights)
            scores.append((score, row["used"], row["id"]))
    return [reply_id for _, _, reply_id in sorted(scores, reverse=True)[:SUGGESTED]]


def _offer(row: ReadRow, facts: Facts) -> QuickOffer:
    text, missing = fill(row["body"], facts, now())
    return QuickOffer(
        id=row["id"],
        scope=Scope(row["scope"]),
        category=row["category"],
        title=row["title"],
        code=row["code"],
        text=text,
        missing=missing,
        files=files_of(row["files"]),
        card=card_of(row),
    )
