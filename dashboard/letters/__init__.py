"""The weekly letter to each provider: what it says, how it is made and kept."""
