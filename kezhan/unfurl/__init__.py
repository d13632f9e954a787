"""Cards of the links in messages: fetched through the guarded door, and only where a workspace wants it.

Owns: link_settings, link_cards.
Emits: nothing.
Called by: the workbench, the widget (`/w/v1/conversations/…/link-cards`), wiring (what is said).
"""
