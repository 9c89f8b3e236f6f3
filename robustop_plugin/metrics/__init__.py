"""What a bot tells a monitoring system: the catalogue of metrics, counters, and files for Prometheus and Grafana.

Nothing here knows Freqtrade. `bridge/metrics/` fills the counters in the bot and serves them, `audit/counting.py`
counts audit records.
"""
