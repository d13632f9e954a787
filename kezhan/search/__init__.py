"""Search in everything: one question to each kind of thing there is, and the hits taken out as a list.

Owns: search_words (what of people, conversations and files is searched in), search_exports.
Emits: ExportAsked.
Called by: the workbench, wiring. A kind more is a line in `kinds.KINDS`.
"""
