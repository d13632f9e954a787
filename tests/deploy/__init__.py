"""The set-ups of `deploy/`: they say what the product understands, and what can be run here works."""
