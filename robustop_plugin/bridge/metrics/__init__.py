"""The metrics of a running bot: what is noted in its loop, what is computed on scrape, and the server."""
