"""Saved views (视图): lists of conversations that people keep, and what is done to many at once.

Owns: saved_views, view_orders, bulk_acts, bulk_items.
Emits: view.bulk_asked, view.bulk_moved.
Called by: nobody.
"""
