"""What auth does, one sentence of the journeys each; every use case commits once."""
