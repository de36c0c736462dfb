"""The one-command run: PostgreSQL, a Redis-compatible broker and our own processes, started, watched and stopped by us.

Standard library only, so that the supervisor itself stays small in memory. `run.py` here is the way of a start from top to bottom.
"""
