"""The audit, an append-only record of why each stop moved, and robustop's own tables in the trade database.

`record` is what is written, `sink` the interface of every destination, `file` the sink in use. `requests` holds the
tables for `robustop panic` and the drawdown, `trade_database` opens the database for the command line. `stop_path` and
`chart_records` read what a chart shows.
"""
