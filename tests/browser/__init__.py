"""The whole story, told in a real Chromium against the running product."""
