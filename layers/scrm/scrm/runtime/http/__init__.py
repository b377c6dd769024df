"""The operators' HTTP API: routes, who may call them, and how they fail."""
