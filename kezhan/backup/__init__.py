"""Backups of the whole installation: made, sealed, put away, rotated, rehearsed, restored.

Owns: `backup_settings`, `backup_runs`, the archives. Emits: nothing.
Called by: `app` (the schedule), `serve` (before an upgrade), `cli`, `doctor`, `watch`. Works across
workspaces, as kz_system for its own tables and as kz_backup, which only reads, for everybody's.
"""
