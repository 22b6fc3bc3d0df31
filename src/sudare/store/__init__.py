"""The only SQL: tables, migrations, repositories on SQLite and PostgreSQL."""
