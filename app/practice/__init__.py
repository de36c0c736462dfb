"""The practice network: a small social network of our own that speaks Mastodon's API.

It stands for a foreign server, so it imports nothing of ours, keeps its own storage and runs as its own process
(`python -m app.practice`). The demo, people who practise and the tests use it; nothing posted here leaves the company.
"""
