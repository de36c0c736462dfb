"""What may not change: the audit trail, revisions, guideline versions and reviews are only ever added to; a post keeps its content."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FROZEN = ("events", "revisions", "guideline_versions", "reviews")


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """
    )
    for table in FROZEN:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")
    op.execute(
        """
        CREATE TRIGGER frozen BEFORE UPDATE OF content, content_hash, revision_id, review_id ON posts FOR EACH ROW
        WHEN ((OLD.content, OLD.content_hash, OLD.revision_id, OLD.review_id)
            IS DISTINCT FROM (NEW.content, NEW.content_hash, NEW.revision_id, NEW.review_id))
        EXECUTE FUNCTION refuse_change()
        """
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER frozen ON posts")
    for table in FROZEN:
        op.execute(f"DROP TRIGGER append_only ON {table}")
        op.execute(f"DROP TRIGGER never_emptied ON {table}")
    op.execute("DROP FUNCTION refuse_change()")
