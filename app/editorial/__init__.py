"""From an expert's idea to approved content: proposals, revisions, reviews, posts."""
