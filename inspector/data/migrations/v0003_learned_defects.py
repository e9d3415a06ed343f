"""Methods may learn from defects: those that a person gives them, and no others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; all defects that are there stay held out, as they were before whatever their split said."""
    op.add_column("samples", sa.Column("defect_split", sa.String, nullable=False, server_default="test"))
