"""The fixtures of every test, wherever it stands."""

from kezhan.testing import access, cluster, db, house, shared, shop

__all__ = ["access", "cluster", "db", "house", "shared", "shop"]
