"""weirflow's labels family: what labelling jobs leave behind, as tables, queries and dashboards."""
