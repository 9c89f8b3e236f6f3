"""What is kept of each open trade: in memory, in the trade database, and in the audit."""
