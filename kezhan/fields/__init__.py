"""Fields of a workspace's own: their kinds, who reads and writes each, where a value is found.

Owns: field_sets, field_keys, field_seals. The values stand with what they are about, some
sealed (`seals`).
Emits: FieldSealing.
Called by: contacts (people, companies), views.
"""
