"""What an approval does for standing consents, by the product's own verb, in the checkout that is measured (the working directory).

Prints the rows that were planned, and the seconds until they were committed.
"""

import json
import sys
import time
import uuid


def main(post_id: str) -> None:
    """Plan one post. A checkout that cannot do this yet says so with nothing planned."""
    import config  # noqa: PLC0415 - the checkout's own
    from app import db, models  # noqa: F401, PLC0415
    from app.editorial.models import Post  # noqa: PLC0415

    try:
        from app.sharing import fan_out  # noqa: PLC0415
    except ImportError:
        print(json.dumps({"rows": 0, "wall": 0.0}))
        return
    db.connect(config.settings().database_url)
    with db.transaction():
        db.session.get(Post, uuid.uuid4())  # the first statement of a process pays for its connection
    began = time.monotonic()
    with db.transaction():
        rows = fan_out.plan(db.session.get_one(Post, uuid.UUID(post_id)))
    print(json.dumps({"rows": rows, "wall": time.monotonic() - began}))


if __name__ == "__main__":
    main(sys.argv[1])
