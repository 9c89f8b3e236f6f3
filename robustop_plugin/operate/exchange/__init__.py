"""The account of a bot on its exchange, seen with the bot's own key."""
