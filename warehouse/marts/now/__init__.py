"""What is known now: newest values of sites, trusts, regions and England, and who is missing."""
