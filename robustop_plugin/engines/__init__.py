"""The stop engines: one file, one pure function of facts and settings each."""
