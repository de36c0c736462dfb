"""Sharing: the home page, connected accounts, shares and the delivery ledger."""
