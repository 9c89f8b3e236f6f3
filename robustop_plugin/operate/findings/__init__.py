"""What can be wrong with a bot: facts in, findings out, one file for each finding. All of them are pure."""
