"""What came of it: clicks and readings."""
