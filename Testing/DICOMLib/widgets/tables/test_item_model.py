"""The tree of a database and its filter, over real databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from qtpy.QtCore import QModelIndex, Qt

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from DICOMLib.widgets.tables.item_model import HEADERS, PAGE, ctkDICOMFilterProxyModel, ctkDICOMModel
from Testing import factories
from Testing.DICOMLib.database.conftest import make_record

NO_INDEX = QModelIndex()


@pytest.mark.parametrize(
    ("name", "number"),
    [("RootType", 0), ("PatientType", 1), ("StudyType", 2), ("SeriesType", 3), ("ImageType", 4)],
)
def test_levels(name, number):
    assert getattr(ctkDICOMModel, name) == getattr(ctkDICOMModel.IndexType, name) == number


@pytest.fixture
def database(tmp_path: Path):
    """Doe^Jane with a CT of two series and an MR; Müller^Jörg with a study without a description."""
    jane = {"PatientName": "Doe^Jane", "PatientID": "J1"}
    head = {"StudyDescription": "Head", "StudyInstanceUID": "1.2.1", "StudyDate": "20240115", **jane}
    knee = {"StudyDescription": "Knee", "StudyInstanceUID": "1.2.2", **jane}
    other = {
        "PatientName": "Müller^Jörg",
        "PatientID": "M2",
        "SpecificCharacterSet": "ISO_IR 192",
        "StudyInstanceUID": "1.2.3",
    }
    datasets = [
        *factories.ct_series(3, "a", SeriesDescription="Axial", SeriesNumber=4, **head),
        *factories.ct_series(1, "b", SeriesDescription="Bone", SeriesNumber=5, **head),
        *factories.mr_series(1, "c", SeriesDescription="Sagittal", **knee),
        *factories.ct_series(1, "d", SeriesDescription="Axial", StudyDescription=None, **other),
    ]
    factories.write(datasets, tmp_path / "files")
    with Database.open(tmp_path / "database") as opened:
        run(import_paths(opened, [tmp_path / "files"]))
        yield opened


def shown(model, parent=NO_INDEX, level=0):
    """(level, name) of all rows, as a view would come by."""
    while model.canFetchMore(parent):
        model.fetchMore(parent)
    rows = []
    for row in range(model.rowCount(parent)):
        index = model.index(row, 0, parent)
        assert model.parent(index) == parent
        rows.append((level + 1, index.data()))
        rows += shown(model, index, level + 1)
    return rows


PATIENTS_TO_SERIES = [
    (1, "Doe, Jane"),
    (2, "Head"),
    (3, "Axial"),
    (3, "Bone"),
    (2, "Knee"),
    (3, "Sagittal"),
    (1, "Müller, Jörg"),
    (2, "No description"),
    (3, "Axial"),
]


@pytest.mark.usefixtures("qapp")
def test_the_tree_of_a_database(database, qtmodeltester):
    model = ctkDICOMModel()
    model.endLevel = ctkDICOMModel.SeriesType
    model.setDatabase(database)
    assert sorted(shown(model)) == sorted(PATIENTS_TO_SERIES)
    assert shown(model)[0][0] == 1
    qtmodeltester.check(model)
    patient = model.index(0, 0)
    assert patient.data(ctkDICOMModel.TypeRole) == 1
    assert patient.data(ctkDICOMModel.UIDRole) == str(database.patients()[0])
    assert model.rowCount(model.index(0, 1)) == 0
    assert not model.parent(patient).isValid()
    assert model.parent(model.index(0, 0, patient)) == patient
    assert [model.headerData(n, Qt.Horizontal) for n in range(model.columnCount())] == list(HEADERS)


@pytest.mark.usefixtures("qapp")
def test_files_below_the_series_and_the_other_columns(database):
    model = ctkDICOMModel()
    model.setDatabase(database)
    assert model.endLevel == ctkDICOMModel.ImageType
    rows = shown(model)
    assert len([row for row in rows if row[0] == 4]) == 6
    found = {}
    for place in range(model.rowCount()):
        patient = model.index(place, 0)
        found[model.index(place, HEADERS.index("Subject ID")).data()] = patient
    study = next(
        model.index(row, 0, found["J1"])
        for row in range(model.rowCount(found["J1"]))
        if model.index(row, 0, found["J1"]).data() == "Head"
    )
    assert study.siblingAtColumn(HEADERS.index("Date")).data() == "20240115"
    series = model.index(0, 0, study)
    assert series.data(ctkDICOMModel.UIDRole) == factories.uid("a")
    assert series.siblingAtColumn(HEADERS.index("Number")).data() == "4"
    assert series.siblingAtColumn(HEADERS.index("Scan")).data() == "CT"
    files = {model.index(row, 0, series).data(ctkDICOMModel.UIDRole) for row in range(model.rowCount(series))}
    assert files == set(database.files(factories.uid("a")))


@pytest.mark.usefixtures("qapp")
def test_sorting(database):
    model = ctkDICOMModel()
    model.setEndLevel(ctkDICOMModel.StudyType)
    model.setDatabase(database)
    model.sort(0, Qt.DescendingOrder)
    assert shown(model) == [
        (1, "Müller, Jörg"),
        (2, "No description"),
        (1, "Doe, Jane"),
        (2, "Knee"),
        (2, "Head"),
    ]


@pytest.mark.usefixtures("qapp")
def test_no_database_and_the_class_of_ctk(database):
    model = ctkDICOMModel()
    model.setDatabase(None)
    assert (model.rowCount(), model.hasChildren()) == (0, False)
    model.setDatabase(ctkDICOMDatabase())  # not open
    assert not model.canFetchMore(QModelIndex())
    face = ctkDICOMDatabase(database.filename)
    model.setDatabase(face)
    assert model.hasChildren()
    assert len(shown(model)) > 4
    face.closeDatabase()
    model.reset()
    assert model.rowCount() == 0
    assert not model.hasChildren()


@pytest.mark.usefixtures("qapp")
def test_rows_are_fetched_by_pages():
    with Database.open(":memory:") as database:
        records = [make_record(f"9.{n}", t0010_0020=f"P{n}", t0020_000D=f"s{n}") for n in range(PAGE + 44)]
        database.insert_records(records, ())
        model = ctkDICOMModel()
        model.setDatabase(database)
        assert model.rowCount() == 0
        assert model.hasChildren()
        counts = []
        while model.canFetchMore(QModelIndex()):
            model.fetchMore(QModelIndex())
            counts.append(model.rowCount())
        assert counts == [PAGE, PAGE + 44]


@pytest.fixture
def proxy(database, qapp):
    model = ctkDICOMModel()
    model.endLevel = ctkDICOMModel.SeriesType
    model.setDatabase(database)
    proxy = ctkDICOMFilterProxyModel()
    proxy.setSourceModel(model)
    yield proxy
    model.setDatabase(None)


JANE, JOERG = PATIENTS_TO_SERIES[:6], PATIENTS_TO_SERIES[6:]


@pytest.mark.parametrize(
    ("searches", "rows"),
    [
        ({}, PATIENTS_TO_SERIES),
        ({"setNameSearchText": "doe, ja"}, JANE),
        ({"setNameSearchText": "muller"}, JOERG),
        ({"setNameSearchText": "Do*Ja"}, JANE),
        ({"setIdSearchText": "m"}, JOERG),
        ({"setStudySearchText": "knee"}, [(1, "Doe, Jane"), (2, "Knee"), (3, "Sagittal")]),
        ({"setSeriesSearchText": "axi"}, [JANE[0], JANE[1], JANE[2], *JOERG]),
        ({"setSeriesSearchText": "axi", "setNameSearchText": "Jane"}, JANE[:3]),
        ({"setSeriesSearchText": "axi", "setStudySearchText": "knee"}, []),
        ({"setNameSearchText": 'nobody "'}, []),
    ],
)
def test_searches(proxy, searches, rows):
    for slot, text in searches.items():
        getattr(proxy, slot)(text)
    assert sorted(shown(proxy)) == sorted(rows)
    for slot in searches:
        getattr(proxy, slot)("")
    assert len(shown(proxy)) == len(PATIENTS_TO_SERIES)


def test_a_search_goes_with_the_database(proxy, tmp_path):
    proxy.setNameSearchText("doe")
    assert len(shown(proxy)) == 6
    with Database.open(tmp_path / "second") as second:
        second.insert_records([make_record("9.1", t0010_0010="Doe^Other")], ())
        proxy.sourceModel().setDatabase(second)
        assert [row for row in shown(proxy) if row[0] == 1] == [(1, "Doe, Other")]
