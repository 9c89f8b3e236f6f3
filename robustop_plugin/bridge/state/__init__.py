"""The state of each open trade: its life cycle, its record in memory, the trade database, and the audit."""
