"""Slack: direct messages and the channels shared with customers."""
