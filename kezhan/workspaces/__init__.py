"""Workspaces and their people: memberships, roles, teams, sessions, invitations, API tokens.

Owns: the tables of v0002 except the audit log; who a caller is and what she may do.
Emits: PeopleChanged (every write here), SessionRenewed, SessionRevoked.
Called by: every room's routes (`authenticate`), the agent socket, the command line (`first_run`).
"""
