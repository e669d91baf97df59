"""Small state of a home and its locks: in the home's folder, or in Postgres for many machines."""
