"""What Pli's services say to one another. Imports nothing of ours."""
