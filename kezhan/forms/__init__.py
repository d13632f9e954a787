"""Forms: which fields are asked for, of which kind, and whether an answer fits.

Owns: forms, form_versions. What was answered stands with whom it is about, beside the version asked.
Emits: nothing.
Called by: conversations (wrap-up at close).
"""
