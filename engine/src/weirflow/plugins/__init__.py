"""How plugins enter: the hooks, the loader that isolates each, and the registry of operators."""
