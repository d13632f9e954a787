"""Website chat: its customers hold a socket of ours (`/w/v1`), so nothing is received or sent here."""
