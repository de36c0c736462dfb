"""Who did what, when: an append-only trail, and the one door for every change of state."""
