"""The one page of the notifier: a notice that an e-mail program could not show."""
