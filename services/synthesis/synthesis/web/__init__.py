"""The pages of the medical profile."""
