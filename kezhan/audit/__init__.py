"""Who did what, when, from where: an append-only log per workspace.

Owns: `audit_log`. Emits: nothing.
Called by: higher rooms through `service.record`; the floor below is heard through `wiring`.
"""
