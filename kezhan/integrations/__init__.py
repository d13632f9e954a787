"""Webhooks: a company's own programs are told what happens, signed, in order, until they have it.

Owns: webhook_endpoints, webhook_events, webhook_deliveries, webhook_attempts.
Emits: EndpointChanged.
Called by: wiring (what happens in conversations, contacts, surveys, tags), the workbench.
"""
