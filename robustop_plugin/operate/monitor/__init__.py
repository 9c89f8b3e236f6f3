"""Looks at a bot again and again, and reports what was found."""
