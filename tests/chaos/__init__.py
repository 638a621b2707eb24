"""`make chaos`: letters and replies while everything breaks, in a seeded order; then an independent reckoning."""
