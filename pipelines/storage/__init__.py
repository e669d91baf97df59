"""What keeps the home over years: rebuilding, backups, retention and disk use."""
