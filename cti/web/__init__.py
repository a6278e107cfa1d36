"""The pages: one small web server, and what the desk, the floor and the phone share."""
