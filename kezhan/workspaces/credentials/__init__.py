"""Statements that run before or across workspaces, as kz_system: credential → workspace, users, first run."""
