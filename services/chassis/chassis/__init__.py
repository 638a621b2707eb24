"""What every service of Pli needs and none should write."""
