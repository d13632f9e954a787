"""What people may ask of their data: a copy of all of it, that it is erased; what must be kept, and how long.

Owns: privacy_requests, legal_holds, privacy_settings, workspace_exports. Emits: PrivacyWorkAsked,
WorkspaceExportAsked, and ContactErased of contacts.
`wipe/store.py` is the table of where in the database a customer's words and names stand, and how they go;
`export/places.py` that of what leaves with a full export.
"""
