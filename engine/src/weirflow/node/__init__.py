"""What a node is: kinds, ports, schema, effects, statistics. `weirflow.api` re-exports what authors need."""
