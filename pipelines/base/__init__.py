"""What every folder stands on: errors, settings, clock, durable files, locks."""
