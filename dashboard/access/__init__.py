"""Who may see the dashboard: sign-in, roles, and how much anybody may ask."""
