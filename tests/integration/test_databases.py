"""The tests' own PostgreSQL server does not depend on what other test processes do beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from tests.integration.databases import Databases


def test_postgresql_files_lie_in_no_folder_that_another_pytest_shuts(
    databases: Databases, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    engine = create_engine(databases.make("postgresql", tmp_path))
    with engine.connect() as connection:
        place = Path(connection.exec_driver_sql("SHOW data_directory").scalar_one())
    engine.dispose()
    assert not place.is_relative_to(tmp_path_factory.getbasetemp().parent)
    if os.geteuid() == 0:
        # the server is another user then, and has to pass through each of them
        assert all(folder.stat().st_mode & 0o001 for folder in place.parents)
