"""Tools every room stands on; no word of the trade in here.

Owns: database access and isolation, outbox, jobs, timers, sockets, errors, keys.
Emits: nothing.
Called by: every room. Imports nothing of the house but `settings`.
"""
