"""Who did what, when, from where: per workspace a log that is only added to, and a chain over it.

Owns: audit_log, its chain (audit_waiting, audit_seals, audit_anchors), person_keys, audit_settings,
audit_exports. Emits: AuditExportAsked.
Called by: higher rooms through `service.record` and `lookups`; what lies below is heard through `wiring`.
"""
