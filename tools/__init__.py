"""Programs for those who work on Holdless; users never need them."""
