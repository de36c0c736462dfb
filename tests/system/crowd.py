"""A large company, made inside the database: thousands of people, posts, shares, notices and events in a few statements."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, scoped_session

VIEWER = "ravi@nordwerk.example"
PEOPLE, POSTS, WAITING, SHARES, NOTICES, EVENTS = 5_000, 10_000, 500, 1_000, 1_000, 20_000
# Minutes between two approvals, and from the newest until now; a post can be shared for sixty days, so of a long history most is over.
APART, AGO = 15, 0

STATEMENTS = (
    """
    INSERT INTO users (id, email, name, field, roles, team_id, locale, time_zone, created_at, welcomed_at)
    SELECT gen_random_uuid(), :name || '.' || n || '@example.com', 'Crowd ' || n, 'Field ' || n, ARRAY['expert'],
        (SELECT id FROM teams ORDER BY name OFFSET n % 5 LIMIT 1), 'en', 'Europe/Berlin', now(), now()
    FROM generate_series(1, :people) AS n
    """,
    """
    INSERT INTO followed_topics (user_id, topic_id)
    SELECT u.id, t.id FROM users u CROSS JOIN topics t WHERE u.email LIKE :name || '.%0@example.com'
    """,
    # Every tenth is written by the viewer, the others by everybody; all of them copy the fullest post there is.
    """
    CREATE TEMPORARY TABLE crowd ON COMMIT DROP AS
    SELECT n, gen_random_uuid() AS proposal_id, gen_random_uuid() AS revision_id, gen_random_uuid() AS review_id,
        gen_random_uuid() AS post_id, md5(n::text) AS content_hash,
        (SELECT content FROM posts ORDER BY length(content::text) DESC LIMIT 1) AS content, t.id AS topic_id,
        CASE WHEN n % 10 = 0 THEN (SELECT id FROM users WHERE email = :viewer) ELSE u.id END AS author_id
    FROM generate_series(1, :posts + :waiting) AS n
    JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM users WHERE email LIKE :name || '.%') u ON u.place = n % :people + 1
    JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM topics) t ON t.place = n % 7 + 1
    """,
    """
    INSERT INTO proposals (id, author_id, state, draft, draft_version, draft_saved_at, topic_id, created_at, submitted_at)
    SELECT proposal_id, author_id, 'draft', content, 1, now(), topic_id, now(), now() - n * interval '1 minute' FROM crowd
    """,
    """
    INSERT INTO revisions (id, proposal_id, number, author_id, editor_id, content, content_hash, created_at)
    SELECT revision_id, proposal_id, 1, author_id, author_id, content, content_hash, now() FROM crowd
    """,
    """
    UPDATE proposals SET state = CASE WHEN n <= :posts THEN 'approved' ELSE 'submitted' END, revision_id = crowd.revision_id
    FROM crowd WHERE crowd.proposal_id = proposals.id
    """,
    """
    INSERT INTO reviews (id, revision_id, author_id, editor_id, content_hash, reviewer_id, decision, message, created_at)
    SELECT review_id, revision_id, author_id, author_id, content_hash, (SELECT id FROM users WHERE email = :reviewer), 'approved', '', now()
    FROM crowd WHERE n <= :posts
    """,
    """
    INSERT INTO posts (id, proposal_id, revision_id, review_id, review_decision, content_hash, author_id, topic_id, content, state,
        approved_at, share_from, share_until)
    SELECT post_id, proposal_id, revision_id, review_id, 'approved', content_hash, author_id, topic_id,
        jsonb_build_object('language', 'en', 'texts', content -> 'texts', 'why', content -> 'why'), 'live',
        now() - (n * :apart + :ago) * interval '1 minute', now() - (n * :apart + :ago + 60) * interval '1 minute',
        now() - (n * :apart + :ago) * interval '1 minute' + interval '60 days'
    FROM crowd WHERE n <= :posts
    """,
    """
    INSERT INTO variants (id, post_id, language, network, position, text)
    SELECT gen_random_uuid(), post_id, 'en', NULL, position, 'Wording ' || position FROM crowd CROSS JOIN generate_series(0, 1) AS position
    WHERE n <= :posts
    """,
    """
    INSERT INTO shares (id, user_id, post_id, click, language, words, created_at)
    SELECT gen_random_uuid(), (SELECT id FROM users WHERE email = :viewer), post_id, :name || ' ' || n, 'en', '', now()
    FROM crowd WHERE n <= least(:shares, :posts)
    """,
    """
    INSERT INTO deliveries (id, share_id, user_id, post_id, account_id, network, language, text, text_hash, state, due_at, latest_at, tries,
        looks, remote_id, remote_url, published_at, counts, created_at)
    SELECT gen_random_uuid(), s.id, s.user_id, s.post_id, a.id, a.network, 'en', 'A text', md5('A text'), 'published', now(), now(), 1,
        0, md5(s.id::text), 'https://social.example/1', now(), '{}', now()
    FROM shares s JOIN connected_accounts a ON a.user_id = s.user_id WHERE s.click LIKE :name || ' %'
    """,
    """
    INSERT INTO notices (id, user_id, kind, facts, url, created_at)
    SELECT gen_random_uuid(), n.user_id, n.kind, n.facts, n.url, now() FROM generate_series(1, :notices)
    CROSS JOIN LATERAL (SELECT * FROM notices WHERE user_id = (SELECT id FROM users WHERE email = :viewer) ORDER BY id LIMIT 1) AS n
    """,
    """
    INSERT INTO events (at, actor_id, verb, subject, subject_id, facts)
    SELECT now(), u.id, 'signed in', 'users', u.id, '{}' FROM generate_series(1, :events / :people)
    CROSS JOIN users u WHERE u.email LIKE :name || '.%'
    """,
    "DROP TABLE crowd",
    "ANALYZE",
)


def gather(db: "scoped_session[Session]", *, name: str = "crowd", sizes: Mapping[str, float] | None = None) -> None:
    """Let the crowd in, beside the demo company that must be there; another time under another name, with other sizes."""
    facts: dict[str, object] = {
        "people": PEOPLE, "posts": POSTS, "waiting": WAITING, "shares": SHARES, "notices": NOTICES, "events": EVENTS,
        "apart": APART, "ago": AGO, "name": name, "viewer": VIEWER, "reviewer": "marlene@nordwerk.example", **(sizes or {}),
    }  # fmt: skip
    for statement in STATEMENTS:
        used = {key: value for key, value in facts.items() if f":{key}" in statement}
        db.execute(text(statement), used)
    db.commit()
