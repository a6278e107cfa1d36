"""What a site's files may say: one pydantic model for each kind of thing. They feed the loader and the JSON Schema."""
