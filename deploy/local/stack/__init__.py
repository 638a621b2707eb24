"""Pli's whole stack on one machine: built once per user, started, watched and stopped by one command."""
