"""The commands bin/run, bin/test and bin/bench: servers and processes on one machine."""
