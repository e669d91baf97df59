"""The data contracts, one YAML file per collection, and our own Great Expectations types."""
