"""weirflow's tabular family."""
