"""weirflow's fhir family: health records as RDF, a knowledge graph, and notes that one can search."""
