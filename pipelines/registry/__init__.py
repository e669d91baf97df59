"""What is configured: contracts of collections, feeds, the slot grid."""
