"""The history of the project database's tables, oldest first, and the upgrade to the newest.

The steps are ordinary modules that are imported by name, not files found at run time, so that a frozen build carries
them without being told to. They run through Alembic's own machinery and keep its `alembic_version` table.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script.base import Script
from alembic.script.revision import RevisionMap
from sqlalchemy import Connection

from inspector.data.migrations import v0001_first, v0002_splits, v0003_learned_defects

STEPS = (v0001_first, v0002_splits, v0003_learned_defects)
REVISIONS = tuple(step.revision for step in STEPS)
HEAD = REVISIONS[-1]


def upgrade(connection: Connection, target: str = HEAD) -> None:
    """Bring the database behind `connection` (in no transaction) up to `target`, all in one transaction."""
    scripts = [Script(step, step.revision, str(step.__file__)) for step in STEPS]
    revisions = RevisionMap(lambda: scripts)
    revisions.get_revision(target)  # makes the map link its scripts
    wanted = scripts[: REVISIONS.index(target) + 1]

    def missing_steps(heads: Collection[str], context: MigrationContext) -> list[RevisionStep]:
        done = REVISIONS.index(next(iter(heads))) + 1 if heads else 0
        return [RevisionStep(revisions, script, is_upgrade=True) for script in wanted[done:]]

    options: dict[str, Any] = {"fn": missing_steps, "transactional_ddl": True}
    context = MigrationContext.configure(connection, opts=options)
    with Operations.context(context), context.begin_transaction():
        context.run_migrations()
