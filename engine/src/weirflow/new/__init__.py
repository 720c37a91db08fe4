"""`weirflow new`: flows, plugins and nodes to begin with, rendered from the templates beside this file."""
