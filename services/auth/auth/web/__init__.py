"""Pages: log-in, activation, account, front page, help and legal texts."""
