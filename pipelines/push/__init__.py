"""Push: an endpoint where a provider posts a submission with its own token."""
