"""Who is connected and who hears what: topics, numbered streams, presence, socket sessions.

Owns: nothing in the database; the listeners of this process.
Emits: frames to sockets.
Called by: conversations and every later room with something live; `wiring` supplies frames and guards.
"""
