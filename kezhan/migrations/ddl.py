"""Words the migrations share: tables cut by workspace, their policies and grants."""

from alembic import op

CURRENT_WORKSPACE = "nullif(current_setting('kz.ws', true), '')::uuid"


def isolate(
    table: str, *, grant: str = "select, insert, update, delete", lane: str = "", system: str = ""
) -> None:
    """Force row-level security on `table`: kz_app sees the current workspace only.

    `lane` and `system` are the privileges of the append lane and of `system_tx` (every workspace's rows),
    empty where they have no business with the table. Backups read every table; they have the right by default
    (migration 0032), and by the policy here the rows.
    """
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(
        f"create policy {table}_app on {table} to kz_app"
        f" using (workspace_id = {CURRENT_WORKSPACE}) with check (workspace_id = {CURRENT_WORKSPACE})"
    )
    op.execute(f"grant {grant} on {table} to kz_app")
    op.execute(f"create policy {table}_backup on {table} for select to kz_backup using (true)")
    for role, privileges in (("kz_lane", lane), ("kz_system", system)):
        if privileges:
            op.execute(
                f"create policy {table}_{role[3:]} on {table} to {role} using (true) with check (true)"
            )
            op.execute(f"grant {privileges} on {table} to {role}")
