"""What the embedded AWS lacks or does otherwise than AWS, mended: a module a service."""
