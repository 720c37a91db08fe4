"""Graph + store -> Plan: what would run, and why. Pure: one plan serves `plan` and `run`."""
