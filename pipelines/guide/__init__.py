"""A contract told to those who send: pages, templates, schemas, and the contract as a standard."""
