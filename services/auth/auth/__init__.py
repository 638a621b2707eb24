"""Who the patients are: activation, log-in, sessions, and the keys that sign for them."""
