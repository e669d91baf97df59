"""England every quarter of an hour: 125 acute trusts, NHS 111 and 11 ambulance services."""
