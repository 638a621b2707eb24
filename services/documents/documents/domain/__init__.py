"""The rules of documents: no clock, no store, no framework."""
