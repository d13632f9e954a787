"""How often somebody has masked values revealed to her."""

from kezhan.kit.rates import Rates
from kezhan.workspaces.authenticate import Caller

_reveals = Rates(per_minute=10, burst=20)


def count_reveal(caller: Caller) -> None:
    """One more. Raises Refused 429 where it is too many."""
    _reveals.spend(str(caller.membership_id))
