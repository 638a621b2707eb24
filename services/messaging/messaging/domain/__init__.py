"""The rules of letters and replies, pure: no clock, no store, no framework."""
