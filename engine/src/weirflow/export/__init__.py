"""Flow -> code and jobs that run without weirflow."""
