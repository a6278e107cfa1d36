"""Holdless on Asterisk: the manager interface (AMI) and FastAGI, and what makes a telephone line of them."""
