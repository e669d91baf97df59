"""How the kind `s3` reaches a bucket."""
