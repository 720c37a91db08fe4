"""Two small weirflow nodes, as a model for plugins of your own."""
