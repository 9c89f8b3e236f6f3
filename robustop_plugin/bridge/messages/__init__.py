"""What a bot tells: messages about events, each once, and log lines about decisions."""
