"""What frameworks do, as data: one TOML table a framework, checked against a schema."""
