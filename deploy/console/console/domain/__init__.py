"""What the figures of a bus mean: pure values and rules, no bus."""
