"""`make bench`: what Pli does in a second, each figure beside what the same bytes cost without Pli."""
