"""What a schema cannot say: that names refer to things that exist, and that a menu leads somewhere."""
