"""How the kind `mesh` reaches a mailbox."""
