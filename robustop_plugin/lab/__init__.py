"""The lab: offline work on stops, without an exchange and without Freqtrade."""
