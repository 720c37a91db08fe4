"""weirflow's analyses family."""
