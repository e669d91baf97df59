"""Opens files of all formats: text out of bytes, sheets out of workbooks, and what bounds both."""
