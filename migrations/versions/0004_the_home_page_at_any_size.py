"""The home page at any size: what a person has shared is looked up in one index, and posts that can be shared for very long have theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_deliveries_user_id_post_id",
        "deliveries",
        ["user_id", "post_id"],
        postgresql_where=sa.text("state NOT IN ('cancelled', 'failed', 'skipped', 'removed')"),
    )
    op.create_index(
        "ix_posts_long_lived",
        "posts",
        ["topic_id", "approved_at", "id"],
        postgresql_include=["share_from", "share_until"],
        postgresql_where=sa.text("state = 'live' AND share_until - approved_at > interval '90 days'"),
    )


def downgrade() -> None:
    op.drop_index("ix_posts_long_lived", table_name="posts")
    op.drop_index("ix_deliveries_user_id_post_id", table_name="deliveries")
