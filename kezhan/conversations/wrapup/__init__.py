"""What is written down about a conversation at its end."""
