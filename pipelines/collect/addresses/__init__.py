"""How the kinds `http` and `https` ask an address."""
