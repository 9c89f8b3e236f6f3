"""The columns of the audit in a trade database, for those who write it and those who only read."""

import sqlalchemy as sa

from robustop_plugin.audit.requests import TABLES

AUDIT = sa.Table(
    "robustop_audit",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("token", sa.String(255), nullable=False, unique=True),
    sa.Column("time", sa.Float(53), nullable=False),
    # Freqtrade's trades may be deleted and renamed: no foreign key.
    sa.Column("trade_id", sa.Integer, nullable=False, index=True),
    # Texts without a limit: PostgreSQL would refuse a longer one, and with it all records that wait.
    sa.Column("pair", sa.Text, nullable=False),
    sa.Column("side", sa.Integer, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("price", sa.Float(53)),
    sa.Column("old_stop", sa.Float(53)),
    sa.Column("new_stop", sa.Float(53)),
    sa.Column("engine", sa.Text),
    sa.Column("rule", sa.Text),
    sa.Column("phase", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("facts", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)
