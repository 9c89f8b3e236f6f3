"""What is measured on the trades of one setting."""
