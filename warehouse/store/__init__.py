"""The working warehouse: how it is opened, migrated and written to."""
