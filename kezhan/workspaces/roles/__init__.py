"""Roles of a workspace's own beside the ready-made ones."""
