#!/usr/bin/env bash
# Freqtrade 2026.9 on SQLite: after an update that migrates the trades, views of other programs show the past.
#
# Freqtrade migrates a table by renaming it to trades_bak0, and copies its rows into a new table. SQLite changes the text of
# views, triggers and foreign keys that name a table when it is renamed. So a view of the open trades (of a dashboard, say)
# goes on without an error, and reads the backup: trades that were closed since are open in it, new ones are missing.
#
# Seen: the view is "... FROM "trades_bak0" ..." after the migration, and shows pair OLD/USDT alone; trades has NEW/USDT.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet freqtrade==2026.9
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
from datetime import datetime, timezone
from importlib.metadata import version

from freqtrade.persistence import Trade, init_db
from sqlalchemy import text

URL = "sqlite:///trades.sqlite"


def add(pair):
    """Add an open trade."""
    trade = Trade(
        pair=pair, stake_amount=100, amount=1, open_rate=100, fee_open=0, fee_close=0, exchange="binance", is_open=True,
        open_date=datetime.now(timezone.utc), stop_loss=90.0, initial_stop_loss=90.0, max_rate=100.0, leverage=1.0,
    )
    Trade.session.add(trade)
    Trade.commit()


def read(statement):
    """Return the first column of a query."""
    with Trade.session.get_bind().connect() as connection:
        return [row[0] for row in connection.execute(text(statement))]


init_db(URL)
add("OLD/USDT")
with Trade.session.get_bind().begin() as connection:
    connection.execute(text("CREATE VIEW open_positions AS SELECT pair FROM trades WHERE is_open"))
    # The database of an older release lacks this column.
    connection.execute(text("ALTER TABLE trades DROP COLUMN record_version"))
Trade.session.remove()

init_db(URL)  # migrates
Trade.session.query(Trade).update({"is_open": False})
Trade.commit()
add("NEW/USDT")
view = read("SELECT sql FROM sqlite_master WHERE name = 'open_positions'")[0]
shown, open_now = read("SELECT pair FROM open_positions"), read("SELECT pair FROM trades WHERE is_open")
print(f"freqtrade {version('freqtrade')}: {view}")
print(f"the view shows {shown}, open are {open_now}")
assert '"trades_bak0"' in view, "the behavior has changed"
assert (shown, open_now) == (["OLD/USDT"], ["NEW/USDT"]), "the behavior has changed"
PYTHON
