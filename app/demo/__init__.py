"""The demo company: people and content at every station of the way, made by the same verbs that the pages call.

Nobody has a connected account yet, and nothing was shared: that is for whoever tries it.
"""

from app.demo.loading import NotHere, Occupied, load, people_to_print

__all__ = ["NotHere", "Occupied", "load", "people_to_print"]
