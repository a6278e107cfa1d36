"""A stand-in for Twilio.

It is not Twilio. It does what Twilio's documents say of the part that we use, and refuses what they say is refused:
``contract.json`` is derived from the OpenAPI documents, TwiML is held against the helper library's own signatures.
What they leave open (how long a ring takes, in which order news arrive) is played in whichever way a test asks for.
What only the real one can show is not shown here: sound, its speed, what carriers do, where its documents are wrong.
"""
