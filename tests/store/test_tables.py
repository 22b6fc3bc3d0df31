"""The tables as a whole."""

from sudare.store.tables import metadata


def test_every_row_belongs_to_a_tenant():
    assert [t.name for t in metadata.sorted_tables if t.name != "tenant" and "tenant" not in t.c] == []


def test_every_tenant_column_is_required_and_refers_to_one():
    columns = [t.c.tenant for t in metadata.sorted_tables if t.name != "tenant"]

    assert all(not c.nullable and {k.target_fullname for k in c.foreign_keys} == {"tenant.id"} for c in columns)
