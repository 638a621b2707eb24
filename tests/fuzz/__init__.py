"""Letters spoiled by chance, from a seed: whatever arrives is shown, or shown with its raw file. `make fuzz`."""
