"""the whole spine"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('events',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('verb', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=True),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_events'))
    )
    op.create_index('ix_events_actor', 'events', ['actor_id', 'id'], unique=False)
    op.create_index('ix_events_subject', 'events', ['subject', 'subject_id', 'id'], unique=False)
    op.create_table('guidelines',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('retired_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('current_version', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guidelines')),
    sa.UniqueConstraint('number', name=op.f('uq_guidelines_number'))
    )
    op.create_table('heartbeats',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_heartbeats'))
    )
    op.create_table('network_apps',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('network', sa.Text(), nullable=False),
    sa.Column('host', sa.Text(), nullable=False),
    sa.Column('redirect_uri', sa.Text(), nullable=False),
    sa.Column('scopes', sa.Text(), nullable=False),
    sa.Column('credentials', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_network_apps')),
    sa.UniqueConstraint('network', 'host', 'redirect_uri', 'scopes', name=op.f('uq_network_apps_network_host_redirect_uri_scopes'))
    )
    op.create_table('network_switches',
    sa.Column('network', sa.Text(), nullable=False),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('changed_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('network', name=op.f('pk_network_switches'))
    )
    op.create_table('teams',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_teams')),
    sa.UniqueConstraint('name', name=op.f('uq_teams_name'))
    )
    op.create_table('topics',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('name_de', sa.Text(), nullable=False),
    sa.Column('retired_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_topics')),
    sa.UniqueConstraint('name_de', name=op.f('uq_topics_name_de')),
    sa.UniqueConstraint('name_en', name=op.f('uq_topics_name_en'))
    )
    op.create_table('users',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('field', sa.Text(), nullable=False),
    sa.Column('roles', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('team_id', sa.Uuid(), nullable=True),
    sa.Column('locale', sa.Text(), nullable=False),
    sa.Column('time_zone', sa.Text(), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=True),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('welcomed_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('deactivated_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("locale IN ('en', 'de')", name=op.f('ck_users_locale')),
    sa.CheckConstraint("roles <@ ARRAY['expert', 'reviewer', 'admin']", name=op.f('ck_users_roles')),
    sa.CheckConstraint('email = lower(email)', name=op.f('ck_users_email_lower')),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_users_team_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_users')),
    sa.UniqueConstraint('email', name=op.f('uq_users_email'))
    )
    op.create_index('ix_users_name_id', 'users', ['name', 'id'], unique=False)
    op.create_index(op.f('ix_users_team_id'), 'users', ['team_id'], unique=False)
    op.create_table('acknowledgements',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('edition', sa.Integer(), nullable=False),
    sa.Column('at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_acknowledgements_user_id')),
    sa.PrimaryKeyConstraint('user_id', 'edition', name=op.f('pk_acknowledgements'))
    )
    op.create_table('connected_accounts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('network', sa.Text(), nullable=False),
    sa.Column('host', sa.Text(), nullable=False),
    sa.Column('remote_id', sa.Text(), nullable=False),
    sa.Column('handle', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('scopes', sa.Text(), nullable=False),
    sa.Column('tokens', sa.LargeBinary(), nullable=True),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('limits', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('limits_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('visibility', sa.Text(), nullable=False),
    sa.Column('is_default', sa.Boolean(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('problem', sa.Text(), nullable=True),
    sa.Column('connected_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'disconnected') = (tokens IS NULL)", name=op.f('ck_connected_accounts_tokens')),
    sa.CheckConstraint("state IN ('connected', 'needs_reconnect', 'disconnected')", name=op.f('ck_connected_accounts_state')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_connected_accounts_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_connected_accounts')),
    sa.UniqueConstraint('id', 'user_id', name=op.f('uq_connected_accounts_id_user_id'))
    )
    op.create_index('ix_connected_accounts_user_id', 'connected_accounts', ['user_id'], unique=False, postgresql_where=sa.text("state <> 'disconnected'"))
    op.create_index('uq_connected_accounts_remote', 'connected_accounts', ['network', 'host', 'remote_id'], unique=True, postgresql_where=sa.text("state <> 'disconnected'"))
    op.create_table('followed_topics',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('topic_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['topic_id'], ['topics.id'], name=op.f('fk_followed_topics_topic_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_followed_topics_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'topic_id', name=op.f('pk_followed_topics'))
    )
    op.create_index(op.f('ix_followed_topics_topic_id'), 'followed_topics', ['topic_id'], unique=False)
    op.create_table('guideline_versions',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('guideline_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('severity', sa.Text(), nullable=False),
    sa.Column('texts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('edition', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('created_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint("severity IN ('advice', 'must_fix', 'blocker')", name=op.f('ck_guideline_versions_severity')),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_guideline_versions_created_by')),
    sa.ForeignKeyConstraint(['guideline_id'], ['guidelines.id'], name=op.f('fk_guideline_versions_guideline_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guideline_versions')),
    sa.UniqueConstraint('guideline_id', 'version', name=op.f('uq_guideline_versions_guideline_id_version'))
    )
    op.create_index('ix_guideline_versions_edition', 'guideline_versions', ['edition'], unique=False)
    op.create_table('mails',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=True),
    sa.Column('to', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('due_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('sent_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('failed_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('problem', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_mails_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mails'))
    )
    op.create_index('ix_mails_due', 'mails', ['due_at'], unique=False, postgresql_where=sa.text('sent_at IS NULL AND failed_at IS NULL'))
    op.create_table('media',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('mime', sa.Text(), nullable=False),
    sa.Column('width', sa.Integer(), nullable=False),
    sa.Column('height', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_media_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_media'))
    )
    op.create_index(op.f('ix_media_owner_id'), 'media', ['owner_id'], unique=False)
    op.create_index(op.f('ix_media_sha256'), 'media', ['sha256'], unique=False)
    op.create_table('notices',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('read_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_notices_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notices'))
    )
    op.create_index('ix_notices_unread', 'notices', ['user_id'], unique=False, postgresql_where=sa.text('read_at IS NULL'))
    op.create_index('ix_notices_user_id_id', 'notices', ['user_id', 'id'], unique=False)
    op.create_table('pending_connections',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('state_hash', sa.LargeBinary(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('network', sa.Text(), nullable=False),
    sa.Column('host', sa.Text(), nullable=False),
    sa.Column('pending', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('used_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_pending_connections_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pending_connections')),
    sa.UniqueConstraint('state_hash', name=op.f('uq_pending_connections_state_hash'))
    )
    op.create_table('proposals',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('draft', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('draft_version', sa.Integer(), nullable=False),
    sa.Column('draft_saved_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('topic_id', sa.Uuid(), nullable=True),
    sa.Column('revision_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('submitted_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('wished_from', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('wished_until', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('claimed_by_id', sa.Uuid(), nullable=True),
    sa.Column('claimed_until', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("state = 'draft' OR state = 'withdrawn' OR revision_id IS NOT NULL", name=op.f('ck_proposals_has_revision')),
    sa.CheckConstraint("state IN ('draft', 'submitted', 'changes_requested', 'approved', 'declined', 'withdrawn')", name=op.f('ck_proposals_state')),
    sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_proposals_author_id')),
    sa.ForeignKeyConstraint(['claimed_by_id'], ['users.id'], name=op.f('fk_proposals_claimed_by_id')),
    sa.ForeignKeyConstraint(['revision_id'], ['revisions.id'], name='fk_proposals_revision_id', use_alter=True),
    sa.ForeignKeyConstraint(['topic_id'], ['topics.id'], name=op.f('fk_proposals_topic_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_proposals')),
    sa.UniqueConstraint('id', 'author_id', name=op.f('uq_proposals_id_author_id'))
    )
    op.create_index('ix_proposals_author_id_id', 'proposals', ['author_id', 'id'], unique=False)
    op.create_index('ix_proposals_queue', 'proposals', ['submitted_at', 'id'], unique=False, postgresql_where=sa.text("state = 'submitted'"))
    op.create_table('sign_ins',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('device', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('seen_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('ended_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_sign_ins_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_ins')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_sign_ins_token_hash'))
    )
    op.create_index(op.f('ix_sign_ins_user_id'), 'sign_ins', ['user_id'], unique=False)
    op.create_table('tickets',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('created_by', sa.Uuid(), nullable=True),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('used_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('invitation', 'reset')", name=op.f('ck_tickets_kind')),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_tickets_created_by')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_tickets_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_tickets_token_hash'))
    )
    op.create_index(op.f('ix_tickets_user_id'), 'tickets', ['user_id'], unique=False)
    op.create_table('link_previews',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('asked_by_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('due_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('media_id', sa.Uuid(), nullable=True),
    sa.Column('problem', sa.Text(), nullable=True),
    sa.Column('fetched_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('queued', 'ready', 'failed')", name=op.f('ck_link_previews_state')),
    sa.ForeignKeyConstraint(['asked_by_id'], ['users.id'], name=op.f('fk_link_previews_asked_by_id')),
    sa.ForeignKeyConstraint(['media_id'], ['media.id'], name=op.f('fk_link_previews_media_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_link_previews')),
    sa.UniqueConstraint('url', name=op.f('uq_link_previews_url'))
    )
    op.create_index(op.f('ix_link_previews_media_id'), 'link_previews', ['media_id'], unique=False)
    op.create_index('ix_link_previews_due', 'link_previews', ['due_at'], unique=False, postgresql_where=sa.text("state = 'queued'"))
    op.create_table('media_files',
    sa.Column('media_id', sa.Uuid(), nullable=False),
    sa.Column('rendition', sa.Text(), nullable=False),
    sa.Column('mime', sa.Text(), nullable=False),
    sa.Column('width', sa.Integer(), nullable=False),
    sa.Column('height', sa.Integer(), nullable=False),
    sa.Column('data', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['media_id'], ['media.id'], name=op.f('fk_media_files_media_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('media_id', 'rendition', name=op.f('pk_media_files'))
    )
    op.create_table('revisions',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('proposal_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=False),
    sa.Column('editor_id', sa.Uuid(), nullable=False),
    sa.Column('content', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('content_hash', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_revisions_author_id')),
    sa.ForeignKeyConstraint(['editor_id'], ['users.id'], name=op.f('fk_revisions_editor_id')),
    sa.ForeignKeyConstraint(['proposal_id', 'author_id'], ['proposals.id', 'proposals.author_id'], name=op.f('fk_revisions_proposal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_revisions')),
    sa.UniqueConstraint('id', 'author_id', 'editor_id', 'content_hash', name=op.f('uq_revisions_id_author_id_editor_id_content_hash')),
    sa.UniqueConstraint('proposal_id', 'number', name=op.f('uq_revisions_proposal_id_number'))
    )
    op.create_table('reviews',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('revision_id', sa.Uuid(), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=False),
    sa.Column('editor_id', sa.Uuid(), nullable=False),
    sa.Column('content_hash', sa.Text(), nullable=False),
    sa.Column('reviewer_id', sa.Uuid(), nullable=False),
    sa.Column('decision', sa.Text(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("decision <> 'approved' OR (reviewer_id <> author_id AND reviewer_id <> editor_id)", name=op.f('ck_reviews_four_eyes')),
    sa.CheckConstraint("decision <> 'declined' OR length(message) > 0", name=op.f('ck_reviews_reason')),
    sa.CheckConstraint("decision IN ('approved', 'changes_requested', 'declined')", name=op.f('ck_reviews_decision')),
    sa.ForeignKeyConstraint(['reviewer_id'], ['users.id'], name=op.f('fk_reviews_reviewer_id')),
    sa.ForeignKeyConstraint(['revision_id', 'author_id', 'editor_id', 'content_hash'], ['revisions.id', 'revisions.author_id', 'revisions.editor_id', 'revisions.content_hash'], name=op.f('fk_reviews_revision_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reviews')),
    sa.UniqueConstraint('id', 'decision', 'revision_id', 'content_hash', name=op.f('uq_reviews_id_decision_revision_id_content_hash'))
    )
    op.create_index('ix_reviews_revision_id', 'reviews', ['revision_id'], unique=False)
    op.create_table('posts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('proposal_id', sa.Uuid(), nullable=False),
    sa.Column('revision_id', sa.Uuid(), nullable=False),
    sa.Column('review_id', sa.Uuid(), nullable=False),
    sa.Column('review_decision', sa.Text(), nullable=False),
    sa.Column('content_hash', sa.Text(), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=False),
    sa.Column('topic_id', sa.Uuid(), nullable=False),
    sa.Column('content', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('approved_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('share_from', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('share_until', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('withdrawn_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("review_decision = 'approved'", name=op.f('ck_posts_approved')),
    sa.CheckConstraint("state IN ('live', 'withdrawn')", name=op.f('ck_posts_state')),
    sa.CheckConstraint('share_from < share_until', name=op.f('ck_posts_window')),
    sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_posts_author_id')),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposals.id'], name=op.f('fk_posts_proposal_id')),
    sa.ForeignKeyConstraint(['review_id', 'review_decision', 'revision_id', 'content_hash'], ['reviews.id', 'reviews.decision', 'reviews.revision_id', 'reviews.content_hash'], name=op.f('fk_posts_review_id')),
    sa.ForeignKeyConstraint(['topic_id'], ['topics.id'], name=op.f('fk_posts_topic_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_posts')),
    sa.UniqueConstraint('proposal_id', name=op.f('uq_posts_proposal_id')),
    sa.UniqueConstraint('review_id', name=op.f('uq_posts_review_id'))
    )
    op.create_index('ix_posts_author_id_id', 'posts', ['author_id', 'id'], unique=False)
    op.create_index('ix_posts_content', 'posts', ['content'], unique=False, postgresql_using='gin', postgresql_ops={'content': 'jsonb_path_ops'})
    op.create_index('ix_posts_feed', 'posts', ['topic_id', 'approved_at', 'id'], unique=False, postgresql_where=sa.text("state = 'live'"))
    op.create_table('remarks',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('revision_id', sa.Uuid(), nullable=False),
    sa.Column('review_id', sa.Uuid(), nullable=True),
    sa.Column('reviewer_id', sa.Uuid(), nullable=False),
    sa.Column('guideline_version_id', sa.Uuid(), nullable=True),
    sa.Column('weight', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('quote', sa.Text(), nullable=False),
    sa.Column('prefix', sa.Text(), nullable=False),
    sa.Column('suffix', sa.Text(), nullable=False),
    sa.Column('start', sa.Integer(), nullable=False),
    sa.Column('end', sa.Integer(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('replacement', sa.Text(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("guideline_version_id IS NOT NULL OR weight = 'suggestion'", name=op.f('ck_remarks_rule_or_suggestion')),
    sa.CheckConstraint("state IN ('open', 'accepted', 'answered')", name=op.f('ck_remarks_state')),
    sa.CheckConstraint("weight IN ('suggestion', 'must_fix', 'blocker')", name=op.f('ck_remarks_weight')),
    sa.ForeignKeyConstraint(['guideline_version_id'], ['guideline_versions.id'], name=op.f('fk_remarks_guideline_version_id')),
    sa.ForeignKeyConstraint(['review_id'], ['reviews.id'], name=op.f('fk_remarks_review_id')),
    sa.ForeignKeyConstraint(['reviewer_id'], ['users.id'], name=op.f('fk_remarks_reviewer_id')),
    sa.ForeignKeyConstraint(['revision_id'], ['revisions.id'], name=op.f('fk_remarks_revision_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_remarks'))
    )
    op.create_index(op.f('ix_remarks_review_id'), 'remarks', ['review_id'], unique=False)
    op.create_index('ix_remarks_revision_id_id', 'remarks', ['revision_id', 'id'], unique=False)
    op.create_table('hand_shares',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('post_id', sa.Uuid(), nullable=False),
    sa.Column('network', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('text_hash', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('confirmed_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('url', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_hand_shares_post_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_hand_shares_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hand_shares'))
    )
    op.create_index('ix_hand_shares_post_id', 'hand_shares', ['post_id'], unique=False)
    op.create_index('ix_hand_shares_user_id_id', 'hand_shares', ['user_id', 'id'], unique=False)
    op.create_table('put_aside',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('post_id', sa.Uuid(), nullable=False),
    sa.Column('until', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_put_aside_post_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_put_aside_user_id')),
    sa.PrimaryKeyConstraint('user_id', 'post_id', name=op.f('pk_put_aside'))
    )
    op.create_table('shares',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('post_id', sa.Uuid(), nullable=False),
    sa.Column('click', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_shares_post_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_shares_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shares')),
    sa.UniqueConstraint('id', 'user_id', 'post_id', name=op.f('uq_shares_id_user_id_post_id')),
    sa.UniqueConstraint('user_id', 'click', name=op.f('uq_shares_user_id_click'))
    )
    op.create_index('ix_shares_post_id', 'shares', ['post_id'], unique=False)
    op.create_index('ix_shares_user_id_id', 'shares', ['user_id', 'id'], unique=False)
    op.create_table('variants',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('post_id', sa.Uuid(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('network', sa.Text(), nullable=True),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_variants_post_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_variants')),
    sa.UniqueConstraint('post_id', 'language', 'network', 'position', name=op.f('uq_variants_post_id_language_network_position'), postgresql_nulls_not_distinct=True)
    )
    op.create_index(op.f('ix_variants_post_id'), 'variants', ['post_id'], unique=False)
    op.create_table('deliveries',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('share_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('post_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('network', sa.Text(), nullable=False),
    sa.Column('variant_id', sa.Uuid(), nullable=True),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('text_hash', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('due_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('latest_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('lease', sa.Uuid(), nullable=True),
    sa.Column('leased_until', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('looks', sa.Integer(), nullable=False),
    sa.Column('payload', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('prepared', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('sent_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('remote_id', sa.Text(), nullable=True),
    sa.Column('remote_url', sa.Text(), nullable=True),
    sa.Column('published_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('problem', sa.Text(), nullable=True),
    sa.Column('problem_detail', sa.Text(), nullable=True),
    sa.Column('removal_asked_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('removed_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('reading_due_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('counts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("state <> 'sending' OR (lease IS NOT NULL AND sent_at IS NOT NULL)", name=op.f('ck_deliveries_sending')),
    sa.CheckConstraint("state IN ('queued', 'sending', 'published', 'failed', 'unconfirmed', 'held', 'cancelled', 'skipped', 'removed')", name=op.f('ck_deliveries_state')),
    sa.CheckConstraint("state NOT IN ('published', 'removed') OR remote_id IS NOT NULL", name=op.f('ck_deliveries_remote_id')),
    sa.ForeignKeyConstraint(['account_id', 'user_id'], ['connected_accounts.id', 'connected_accounts.user_id'], name=op.f('fk_deliveries_account_id')),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_deliveries_post_id')),
    sa.ForeignKeyConstraint(['share_id', 'user_id', 'post_id'], ['shares.id', 'shares.user_id', 'shares.post_id'], name=op.f('fk_deliveries_share_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_deliveries_user_id')),
    sa.ForeignKeyConstraint(['variant_id'], ['variants.id'], name=op.f('fk_deliveries_variant_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deliveries')),
    sa.UniqueConstraint('share_id', 'account_id', name=op.f('uq_deliveries_share_id_account_id'))
    )
    op.create_index('ix_deliveries_account_id', 'deliveries', ['account_id'], unique=False, postgresql_where=sa.text("state IN ('queued', 'held')"))
    op.create_index('ix_deliveries_due', 'deliveries', ['due_at', 'id'], unique=False, postgresql_where=sa.text("state IN ('queued', 'sending', 'unconfirmed') OR removal_asked_at IS NOT NULL"))
    op.create_index('ix_deliveries_post_id_due_at', 'deliveries', ['post_id', 'due_at'], unique=False)
    op.create_index('ix_deliveries_readings', 'deliveries', ['reading_due_at'], unique=False, postgresql_where=sa.text('reading_due_at IS NOT NULL'))
    op.create_index('ix_deliveries_user_id_id', 'deliveries', ['user_id', 'id'], unique=False)
    op.create_index('uq_deliveries_post_account', 'deliveries', ['post_id', 'account_id'], unique=True, postgresql_where=sa.text("state NOT IN ('cancelled', 'failed', 'skipped', 'removed')"))
    op.create_table('attempts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('delivery_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('payload_hash', sa.Text(), nullable=False),
    sa.Column('worker', sa.Text(), nullable=False),
    sa.Column('started_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('ended_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['delivery_id'], ['deliveries.id'], name=op.f('fk_attempts_delivery_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attempts')),
    sa.UniqueConstraint('delivery_id', 'number', name=op.f('uq_attempts_delivery_id_number'))
    )
    op.create_table('readings',
    sa.Column('delivery_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('counts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['delivery_id'], ['deliveries.id'], name=op.f('fk_readings_delivery_id')),
    sa.PrimaryKeyConstraint('delivery_id', 'at', name=op.f('pk_readings'))
    )
    op.create_table('short_links',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('delivery_id', sa.Uuid(), nullable=True),
    sa.Column('hand_share_id', sa.Uuid(), nullable=True),
    sa.Column('target', sa.Text(), nullable=False),
    sa.Column('clicks', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('num_nonnulls(delivery_id, hand_share_id) = 1', name=op.f('ck_short_links_owner')),
    sa.ForeignKeyConstraint(['delivery_id'], ['deliveries.id'], name=op.f('fk_short_links_delivery_id')),
    sa.ForeignKeyConstraint(['hand_share_id'], ['hand_shares.id'], name=op.f('fk_short_links_hand_share_id')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_short_links')),
    sa.UniqueConstraint('delivery_id', name=op.f('uq_short_links_delivery_id')),
    sa.UniqueConstraint('hand_share_id', name=op.f('uq_short_links_hand_share_id'))
    )
    op.create_foreign_key('fk_proposals_revision_id', 'proposals', 'revisions', ['revision_id'], ['id'])



def downgrade() -> None:
    op.drop_constraint('fk_proposals_revision_id', 'proposals')
    op.drop_table('short_links')
    op.drop_table('readings')
    op.drop_table('attempts')
    op.drop_index('uq_deliveries_post_account', table_name='deliveries', postgresql_where=sa.text("state NOT IN ('cancelled', 'failed', 'skipped', 'removed')"))
    op.drop_index('ix_deliveries_user_id_id', table_name='deliveries')
    op.drop_index('ix_deliveries_readings', table_name='deliveries', postgresql_where=sa.text('reading_due_at IS NOT NULL'))
    op.drop_index('ix_deliveries_post_id_due_at', table_name='deliveries')
    op.drop_index('ix_deliveries_due', table_name='deliveries', postgresql_where=sa.text("state IN ('queued', 'sending', 'unconfirmed') OR removal_asked_at IS NOT NULL"))
    op.drop_index('ix_deliveries_account_id', table_name='deliveries', postgresql_where=sa.text("state IN ('queued', 'held')"))
    op.drop_table('deliveries')
    op.drop_index(op.f('ix_variants_post_id'), table_name='variants')
    op.drop_table('variants')
    op.drop_index('ix_shares_user_id_id', table_name='shares')
    op.drop_index('ix_shares_post_id', table_name='shares')
    op.drop_table('shares')
    op.drop_table('put_aside')
    op.drop_index('ix_hand_shares_user_id_id', table_name='hand_shares')
    op.drop_index('ix_hand_shares_post_id', table_name='hand_shares')
    op.drop_table('hand_shares')
    op.drop_index('ix_remarks_revision_id_id', table_name='remarks')
    op.drop_index(op.f('ix_remarks_review_id'), table_name='remarks')
    op.drop_table('remarks')
    op.drop_index('ix_posts_feed', table_name='posts', postgresql_where=sa.text("state = 'live'"))
    op.drop_index('ix_posts_content', table_name='posts')
    op.drop_index('ix_posts_author_id_id', table_name='posts')
    op.drop_table('posts')
    op.drop_index('ix_reviews_revision_id', table_name='reviews')
    op.drop_table('reviews')
    op.drop_table('revisions')
    op.drop_table('media_files')
    op.drop_index(op.f('ix_link_previews_media_id'), table_name='link_previews')
    op.drop_index('ix_link_previews_due', table_name='link_previews', postgresql_where=sa.text("state = 'queued'"))
    op.drop_table('link_previews')
    op.drop_index(op.f('ix_tickets_user_id'), table_name='tickets')
    op.drop_table('tickets')
    op.drop_index(op.f('ix_sign_ins_user_id'), table_name='sign_ins')
    op.drop_table('sign_ins')
    op.drop_index('ix_proposals_queue', table_name='proposals', postgresql_where=sa.text("state = 'submitted'"))
    op.drop_index('ix_proposals_author_id_id', table_name='proposals')
    op.drop_table('proposals')
    op.drop_table('pending_connections')
    op.drop_index('ix_notices_user_id_id', table_name='notices')
    op.drop_index('ix_notices_unread', table_name='notices', postgresql_where=sa.text('read_at IS NULL'))
    op.drop_table('notices')
    op.drop_index(op.f('ix_media_sha256'), table_name='media')
    op.drop_index(op.f('ix_media_owner_id'), table_name='media')
    op.drop_table('media')
    op.drop_index('ix_mails_due', table_name='mails', postgresql_where=sa.text('sent_at IS NULL AND failed_at IS NULL'))
    op.drop_table('mails')
    op.drop_index('ix_guideline_versions_edition', table_name='guideline_versions')
    op.drop_table('guideline_versions')
    op.drop_index(op.f('ix_followed_topics_topic_id'), table_name='followed_topics')
    op.drop_table('followed_topics')
    op.drop_index('uq_connected_accounts_remote', table_name='connected_accounts', postgresql_where=sa.text("state <> 'disconnected'"))
    op.drop_index('ix_connected_accounts_user_id', table_name='connected_accounts', postgresql_where=sa.text("state <> 'disconnected'"))
    op.drop_table('connected_accounts')
    op.drop_table('acknowledgements')
    op.drop_index(op.f('ix_users_team_id'), table_name='users')
    op.drop_index('ix_users_name_id', table_name='users')
    op.drop_table('users')
    op.drop_table('topics')
    op.drop_table('teams')
    op.drop_table('network_switches')
    op.drop_table('network_apps')
    op.drop_table('heartbeats')
    op.drop_table('guidelines')
    op.drop_index('ix_events_subject', table_name='events')
    op.drop_index('ix_events_actor', table_name='events')
    op.drop_table('events')

