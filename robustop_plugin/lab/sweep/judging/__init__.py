"""What a result is worth: plateaus, luck, walk-forward, verification."""
