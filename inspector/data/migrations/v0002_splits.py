"""Samples can be held out and tell where they came from; files that could not be imported are remembered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns; what is there already stays free to be learned from, as it was before."""
    op.add_column("samples", sa.Column("split", sa.String, nullable=False, server_default="train"))
    op.add_column("samples", sa.Column("source", sa.String))
    op.add_column("samples", sa.Column("problem", sa.String))
    op.create_table(
        "problems",
        sa.Column("path", sa.String, primary_key=True),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
    )
