"""How the kind `sftp` reaches a server."""
