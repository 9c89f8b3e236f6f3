"""The lab: simulation of a single trade, replays, sweeps and pictures, all offline."""
