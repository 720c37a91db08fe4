"""weirflow's files family."""
