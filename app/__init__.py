"""Outspoken. Each folder is a room on the way of a post; `factory.py` puts the web application together.

This file stays empty of imports: the rooms `networks` and `practice` are used without the rest.
"""
