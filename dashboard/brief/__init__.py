"""The daily brief: what a publication says at a set hour, on paper, kept."""
