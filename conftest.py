"""The fixtures of every test, wherever it stands."""

from kezhan.testing import (
    access,
    bare_environment,
    cluster,
    db,
    house,
    houses,
    own_db,
    own_house,
    plain_log,
    quick_hashes,
    shop,
    slow_hashes,
)

__all__ = [
    "access",
    "bare_environment",
    "cluster",
    "db",
    "house",
    "houses",
    "own_db",
    "own_house",
    "plain_log",
    "quick_hashes",
    "shop",
    "slow_hashes",
]
