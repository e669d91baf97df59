"""Commands are killed, disks filled, state files damaged; one clean run makes all good."""
