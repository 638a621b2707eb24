"""The rules of the medical profile: no clock, no store, no framework."""
