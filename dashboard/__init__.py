"""The control room's dashboard: pages made ahead of a publication, and served until the next."""
