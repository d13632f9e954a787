"""What people may ask of their data: a copy of all of it, that it is erased; what must be kept, and how long.

Owns: privacy_requests, legal_holds, privacy_settings. Emits: PrivacyWorkAsked, and ContactErased of contacts.
`wipe/store.py` is the table of where in the database a customer's words and names stand, and how they go.
"""
