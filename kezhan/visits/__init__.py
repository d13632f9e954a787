"""What visitors did on the site before and while they talk to us: visits, pages, where they came from.

Owns: visits, page_views.
Emits: PageViewed.
Called by: the visitor's socket and session (`start`, `view`, `leave`), the workbench (`card`).
"""
