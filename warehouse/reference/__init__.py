"""Code lists of the organisations that the feeds name: what they are called, who succeeded them and their region."""
