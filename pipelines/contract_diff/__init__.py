"""Two contracts side by side: what differs for those who send, and what their files would get."""
