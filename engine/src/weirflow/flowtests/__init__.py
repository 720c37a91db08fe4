"""`weirflow test`: cases of a flow carried out on tables that stand in for nodes, and held against what is expected."""
