"""The audit: an append-only record of why each stop moved."""
