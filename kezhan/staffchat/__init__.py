"""What colleagues say to each other: two, a group, a team, the whole workspace.

Owns: staff_rooms, staff_members, staff_messages; their live side, which knows members and no customer.
Emits: nothing to the outbox: what is said here leaves the house on no road.
Called by: the workbench's routes, app.
"""
