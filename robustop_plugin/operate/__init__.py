"""A bot and its database, seen from outside of the bot."""
