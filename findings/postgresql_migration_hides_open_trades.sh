#!/usr/bin/env bash
# Freqtrade 2026.9 on PostgreSQL: an update that migrates the trades fails, and the start after it sees no open trade.
#
# The database of an older release lacks a column, so Freqtrade renames trades to trades_bak0 and copies it. Between the two
# it asks for the next number of "order_id_seq". The tables that Freqtrade itself makes have "orders_id_seq", so that the
# migration ends with an error after the renaming was committed. The next start finds no table of trades, makes an empty one
# and trades on: positions that are open on the exchange are unknown to it, without an error or a warning.
#
# Seen: the first start raises UndefinedTable: relation "order_id_seq" does not exist; the second reads 0 open trades, while
# trades_bak0 holds 1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet freqtrade==2026.9 psycopg[binary]==3.3.9 pgserver==0.1.4
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
from datetime import datetime, timezone
from importlib.metadata import version

import pgserver
from freqtrade.persistence import Trade, init_db
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

server = pgserver.get_server("data")
URL = server.get_uri().replace("postgresql://", "postgresql+psycopg://")


def count(table):
    """Return the number of open trades in a table."""
    with Trade.session.get_bind().connect() as connection:
        return connection.execute(text(f"SELECT count(*) FROM {table} WHERE is_open")).scalar_one()


init_db(URL)
Trade.session.add(
    Trade(
        pair="BTC/USDT", stake_amount=100, amount=1, open_rate=100, fee_open=0, fee_close=0, exchange="binance",
        is_open=True, open_date=datetime.now(timezone.utc), stop_loss=90.0, initial_stop_loss=90.0, leverage=1.0,
    )
)
Trade.commit()
with Trade.session.get_bind().begin() as connection:
    # The database of an older release lacks this column.
    connection.execute(text("ALTER TABLE trades DROP COLUMN record_version"))
Trade.session.remove()

try:
    init_db(URL)
    failed = "nothing"
except ProgrammingError as error:
    failed = str(error.orig).splitlines()[0]
init_db(URL)
seen, left = len(Trade.get_open_trades()), count("trades_bak0")
print(f"freqtrade {version('freqtrade')}, PostgreSQL {server.psql('SHOW server_version').split()[2]}")
print(f"the first start fails with: {failed}")
print(f"the second start sees {seen} open trades, trades_bak0 has {left}")
Trade.session.remove()
assert failed == 'relation "order_id_seq" does not exist', "the behavior has changed"
assert (seen, left) == (0, 1), "the behavior has changed"
PYTHON
