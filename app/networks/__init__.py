"""The outside world: one contract, and one file per network that fills it.

Nothing in here knows of a database, a web request or a queue: everything comes in as values and goes out as values, and every
failure is one of the faults in `faults.py`, sorted by what the caller has to do next.
"""
