"""What the gateway shows when it can't show a service: it imports nothing of ours, so that it outlives all."""
