"""Rules of notices: pure functions of values, without clock, store or framework."""
