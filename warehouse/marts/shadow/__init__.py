"""Evidence of feeds in testing: their scorecards."""
