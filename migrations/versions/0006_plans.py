"""An approval writes plans: they become shares when their owners are told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_unique_constraint(op.f("uq_standing_consents_id_user_id"), "standing_consents", ["id", "user_id"])
    op.create_unique_constraint(op.f("uq_variants_id_post_id"), "variants", ["id", "post_id"])
    op.create_table(
        "plans",
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("near", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("why", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("post_id", "user_id", "consent_id", name=op.f("pk_plans")),
        sa.ForeignKeyConstraint(
            ["consent_id", "user_id"], ["standing_consents.id", "standing_consents.user_id"], name=op.f("fk_plans_consent_id")
        ),
        sa.ForeignKeyConstraint(["variant_id", "post_id"], ["variants.id", "variants.post_id"], name=op.f("fk_plans_variant_id")),
    )


def downgrade() -> None:
    """What is planned and not yet announced is let go: nobody has heard of it."""
    op.drop_table("plans")
    op.drop_constraint(op.f("uq_variants_id_post_id"), "variants")
    op.drop_constraint(op.f("uq_standing_consents_id_user_id"), "standing_consents")
