"""The exchanges' own coins, in which fees may be paid: what an account holds of them belongs to no trade."""

FEE_COINS = {"binance": "BNB", "bitget": "BGB", "gate": "GT", "htx": "HT", "kucoin": "KCS", "mexc": "MX", "okx": "OKB"}
