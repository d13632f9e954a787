"""Customers: who they are, by which channel identities they come, which visitor sessions are open.

Owns: contacts, identities, visitor_sessions, contact_notes, contact_note_versions,
contact_merges, contact_merge_moves, contact_strangers, companies, company_domains,
contact_imports, contact_import_rows.
Emits: ContactChanged, ContactsJoined, ContactsParted, ImportAsked, VisitorSessionRevoked.
Called by: channels (`resolve`, `identify`, `open_session`, `visitor_of`), conversations, the workbench.
"""
