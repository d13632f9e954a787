"""Going to meet customers: who is on the site now, and invitations to talk, by hand and by rule.

Owns: invite_rules, invites.
Emits: InviteChanged; the frames `invite` (to a customer) and `stale` for the topic `visitors` (to agents).
Called by: the workbench, the widget (`/w/v1/invites`), wiring (`link` when a conversation opens).
"""
