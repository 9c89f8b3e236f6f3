"""The pure core: standard library only, no clock, no log, no Freqtrade. Start with `decide`."""
