"""A customer's orders, as the company's own system knows them: asked for when they are looked at, never kept.

Owns: order_sources.
Emits: nothing.
Called by: the workbench.
"""
