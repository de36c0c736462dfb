"""A ledger that holds: stops, rate pauses, caps, people's hours, standing consents, alarms; and the indexes that keep millions of rows cheap.

Everything is added so that the version before goes on working beside it: new columns are empty or have a default of the database.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('alarms',
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('since', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('told_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('kind', name=op.f('pk_alarms'))
    )
    op.create_table('days_off',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('day', name=op.f('pk_days_off'))
    )
    op.create_table('rate_pauses',
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('network', sa.Text(), nullable=False),
    sa.Column('until', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('said_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_rate_pauses'))
    )
    op.create_index('ix_rate_pauses_until', 'rate_pauses', ['until'], unique=False)
    op.create_table('network_caps',
    sa.Column('network', sa.Text(), nullable=False),
    sa.Column('per_hour', sa.SmallInteger(), nullable=False),
    sa.Column('per_day', sa.SmallInteger(), nullable=False),
    sa.Column('apart_minutes', sa.SmallInteger(), nullable=False),
    sa.Column('changed_by', sa.Uuid(), nullable=True),
    sa.Column('changed_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('per_hour > 0 AND per_day > 0 AND apart_minutes >= 0', name=op.f('ck_network_caps_positive')),
    sa.ForeignKeyConstraint(['changed_by'], ['users.id'], name=op.f('fk_network_caps_changed_by')),
    sa.PrimaryKeyConstraint('network', name=op.f('pk_network_caps'))
    )
    op.create_table('sharing_hours',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('days', postgresql.ARRAY(sa.SmallInteger()), nullable=False),
    sa.Column('from_minute', sa.SmallInteger(), nullable=False),
    sa.Column('until_minute', sa.SmallInteger(), nullable=False),
    sa.Column('on_days_off', sa.Boolean(), nullable=False),
    sa.Column('changed_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('cardinality(days) > 0 AND days <@ ARRAY[1, 2, 3, 4, 5, 6, 7]::smallint[]', name=op.f('ck_sharing_hours_days')),
    sa.CheckConstraint('from_minute >= 0 AND until_minute <= 1440 AND from_minute < until_minute', name=op.f('ck_sharing_hours_minutes')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_sharing_hours_user_id')),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_sharing_hours'))
    )
    op.create_table('stops',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('started_by', sa.Uuid(), nullable=False),
    sa.Column('started_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('ended_by', sa.Uuid(), nullable=True),
    sa.Column('ended_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("(scope = 'everything') = (subject = '')", name=op.f('ck_stops_subject')),
    sa.CheckConstraint("scope IN ('everything', 'network', 'topic', 'post')", name=op.f('ck_stops_scope')),
    sa.CheckConstraint('(ended_at IS NULL) = (ended_by IS NULL)', name=op.f('ck_stops_ended')),
    sa.ForeignKeyConstraint(['ended_by'], ['users.id'], name=op.f('fk_stops_ended_by')),
    sa.ForeignKeyConstraint(['started_by'], ['users.id'], name=op.f('fk_stops_started_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stops'))
    )
    op.create_index('uq_stops_active', 'stops', ['scope', 'subject'], unique=True, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_table('standing_consents',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('topic_id', sa.Uuid(), nullable=False),
    sa.Column('per_week', sa.SmallInteger(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('terms', sa.Text(), nullable=False),
    sa.Column('agreed_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('ask_again_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('asked_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('ended_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint('per_week BETWEEN 1 AND 7', name=op.f('ck_standing_consents_per_week')),
    sa.ForeignKeyConstraint(['account_id', 'user_id'], ['connected_accounts.id', 'connected_accounts.user_id'], name=op.f('fk_standing_consents_account_id')),
    sa.ForeignKeyConstraint(['topic_id'], ['topics.id'], name=op.f('fk_standing_consents_topic_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_standing_consents_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_standing_consents'))
    )
    op.create_index('ix_standing_consents_topic_id', 'standing_consents', ['topic_id'], unique=False, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_index('ix_standing_consents_user_id', 'standing_consents', ['user_id'], unique=False)
    op.create_index('uq_standing_consents_active', 'standing_consents', ['account_id', 'topic_id'], unique=True, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_index('ix_attempts_started_at', 'attempts', ['started_at'], unique=False, postgresql_using='brin')
    op.add_column('connected_accounts', sa.Column('refresh_began_at', sa.TIMESTAMP(timezone=True), nullable=True))
    op.create_index('ix_connected_accounts_expires_at', 'connected_accounts', ['expires_at'], unique=False, postgresql_where=sa.text("state = 'connected' AND expires_at IS NOT NULL"))
    op.add_column('deliveries', sa.Column('priority', sa.SmallInteger(), server_default='0', nullable=False))
    op.add_column('deliveries', sa.Column('timing', postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column('deliveries', sa.Column('check_due_at', sa.TIMESTAMP(timezone=True), nullable=True))
    op.add_column('deliveries', sa.Column('warning', sa.Text(), nullable=True))
    op.drop_index('ix_deliveries_due', table_name='deliveries', postgresql_where=sa.text("state IN ('queued', 'sending', 'unconfirmed') OR removal_asked_at IS NOT NULL"))
    op.create_index('ix_deliveries_due', 'deliveries', ['priority', 'due_at', 'id'], unique=False, postgresql_where=sa.text("state IN ('queued', 'sending', 'unconfirmed') OR removal_asked_at IS NOT NULL"))
    op.create_index('ix_deliveries_check_due_at', 'deliveries', ['check_due_at'], unique=False, postgresql_where=sa.text('check_due_at IS NOT NULL'))
    op.create_index('ix_deliveries_held', 'deliveries', ['latest_at', 'id'], unique=False, postgresql_where=sa.text("state = 'held'"))
    op.create_index('ix_deliveries_leased', 'deliveries', ['account_id'], unique=False, postgresql_where=sa.text('lease IS NOT NULL'))
    op.create_index('ix_deliveries_sent', 'deliveries', ['user_id', 'network', 'sent_at'], unique=False, postgresql_where=sa.text('sent_at IS NOT NULL'))
    op.add_column('hand_shares', sa.Column('removed_at', sa.TIMESTAMP(timezone=True), nullable=True))
    op.add_column('shares', sa.Column('standing_consent_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_shares_standing_consent_id'), 'shares', 'standing_consents', ['standing_consent_id'], ['id'])


def downgrade() -> None:
    op.drop_constraint(op.f('fk_shares_standing_consent_id'), 'shares', type_='foreignkey')
    op.drop_column('shares', 'standing_consent_id')
    op.drop_column('hand_shares', 'removed_at')
    op.drop_index('ix_deliveries_sent', table_name='deliveries', postgresql_where=sa.text('sent_at IS NOT NULL'))
    op.drop_index('ix_deliveries_leased', table_name='deliveries', postgresql_where=sa.text('lease IS NOT NULL'))
    op.drop_index('ix_deliveries_held', table_name='deliveries', postgresql_where=sa.text("state = 'held'"))
    op.drop_index('ix_deliveries_check_due_at', table_name='deliveries', postgresql_where=sa.text('check_due_at IS NOT NULL'))
    op.drop_index('ix_deliveries_due', table_name='deliveries', postgresql_where=sa.text("state IN ('queued', 'sending', 'unconfirmed') OR removal_asked_at IS NOT NULL"))
    op.create_index('ix_deliveries_due', 'deliveries', ['due_at', 'id'], unique=False, postgresql_where=sa.text("state IN ('queued', 'sending', 'unconfirmed') OR removal_asked_at IS NOT NULL"))
    op.drop_column('deliveries', 'warning')
    op.drop_column('deliveries', 'check_due_at')
    op.drop_column('deliveries', 'timing')
    op.drop_column('deliveries', 'priority')
    op.drop_index('ix_connected_accounts_expires_at', table_name='connected_accounts', postgresql_where=sa.text("state = 'connected' AND expires_at IS NOT NULL"))
    op.drop_column('connected_accounts', 'refresh_began_at')
    op.drop_index('ix_attempts_started_at', table_name='attempts', postgresql_using='brin')
    op.drop_index('uq_standing_consents_active', table_name='standing_consents', postgresql_where=sa.text('ended_at IS NULL'))
    op.drop_index('ix_standing_consents_user_id', table_name='standing_consents')
    op.drop_index('ix_standing_consents_topic_id', table_name='standing_consents', postgresql_where=sa.text('ended_at IS NULL'))
    op.drop_table('standing_consents')
    op.drop_index('uq_stops_active', table_name='stops', postgresql_where=sa.text('ended_at IS NULL'))
    op.drop_table('stops')
    op.drop_table('sharing_hours')
    op.drop_table('network_caps')
    op.drop_index('ix_rate_pauses_until', table_name='rate_pauses')
    op.drop_table('rate_pauses')
    op.drop_table('days_off')
    op.drop_table('alarms')
