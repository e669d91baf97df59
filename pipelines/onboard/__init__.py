"""From a sample to a feed file: what a table's headings and texts mean, and what stays open."""
