"""Names, defaults, enumerations and signals of CTK's DICOM widgets, as scripts find them."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractItemView

from DICOMLib import widgets
from DICOMLib.widgets.named_signals import NamedSignals
from DICOMLib.widgets.visual.filters import COMMON_MODALITIES, OTHER_MODALITIES

pytestmark = pytest.mark.gui

COUNTERS = """patientsAddedDuringImport studiesAddedDuringImport seriesAddedDuringImport
    instancesAddedDuringImport resetItemsAddedDuringImportCounters"""
FOLDER = """setDatabaseDirectory selectDatabaseDirectory createNewDatabaseDirectory updateDatabase
    importDialog openImportDialog importDirectory importDirectories importFiles waitForImportFinished"""
SERVERS = "server addServer removeServer removeAllServers getServerNameFromIndex getServerIndexFromName"
METHODS = {
    "ctkDICOMBrowser": f"""{COUNTERS} {FOLDER} database dicomTableManager onImportDirectory
        openExportDialog openSendDialog openQueryDialog
        onRemoveAction onRepairAction
        showUpdateDisplayedFieldsDialog selectedItems
        setSelectedItems removeSelectedItems
        fileListForCurrentSelection showMetadata""",
    "ctkDICOMTableManager": """setDICOMDatabase patientsTable studiesTable seriesTable
        currentPatientsSelection currentStudiesSelection
        currentSeriesSelection setCurrentPatientsSelection
        setCurrentStudiesSelection setCurrentSeriesSelection
        updateTableViews setBatchUpdate isBatchUpdate""",
    "ctkDICOMTableView": """setDicomDataBase setQuery addSqlWhereCondition
        addSqlEqualWhereCondition addSqlGreaterWhereCondition
        addSqlLessWhereCondition
        addSqlGreaterEqualWhereCondition
        addSqlLessEqualWhereCondition removeSqlWhereCondition
        removeSqlEqualWhereCondition
        removeSqlGreaterWhereCondition
        removeSqlLessWhereCondition
        removeSqlGreaterEqualWhereCondition
        removeSqlLessEqualWhereCondition clearSqlWhereConditions
        setCurrentSelection uidsForAllRows tableView queryString
        selectAll selectFirst clearSelection setFilterText""",
    "ctkDICOMModel": "setDatabase",
    "ctkDICOMFilterProxyModel": "setNameSearchText setStudySearchText setSeriesSearchText setIdSearchText",
    "ctkDICOMMetadataDialog": "setFileList",
    "ctkDICOMObjectListWidget": "metadataAsText openLookupUrl",
    "ctkDICOMObjectModel": "setFile",
    "ctkDICOMVisualBrowserWidget": f"""{COUNTERS} {FOLDER} {SERVERS} serversCount scheduler
        setScheduler dicomDatabase setTagsToPrecache
        tagsToPrecache jobListWidget jobListGroupBox
        serverSettingsWidget serverSettingsGroupBox resetFilters
        patientView patientModel refreshBrowser
        setImportDirectoryMode onQueryPatients onStop onClose
        onLoad openServerSettingsSection""",
    "ctkDICOMServerNodeWidget2": f"""{SERVERS} storageListenerEnabled setStorageListenerEnabled
        scheduler setScheduler stopAllJobs onAddServerNode
        onRemoveCurrentServerNode onVerifyCurrentServerNode
        readSettings saveSettings onRestoreDefaultServers""",
    "ctkDICOMServerNodeWidget": """callingAETitle storageAETitle storagePort parameters serverNodes
        selectedServerNodes serverNodeParameters addServerNode
        removeCurrentServerNode readSettings saveSettings""",
    "ctkDICOMJobListWidget": "scheduler setScheduler",
    "ctkDICOMQueryRetrieveWidget": """query retrieve cancel getServerParameters useProgressDialog
        setRetrieveDatabase retrieveDatabase""",
    "ctkDICOMQueryWidget": "parameters",
    "DICOMLoadableTable": "setLoadables uncheckAll updateSelectedFromCheckstate getNumberOfCheckedItems",
}
DEFAULTS = {
    "ctkDICOMBrowser": {
        "databaseDirectory": "",
        "databaseDirectorySettingsKey": "",
        "databaseDirectoryBase": "",
        "displayImportSummary": True,
        "confirmRemove": False,
        "toolbarVisible": True,
        "databaseDirectorySelectorVisible": True,
        "sendActionVisible": False,
        "ImportDirectoryMode": 1,
        "ImportDirectoryCopy": 0,
        "ImportDirectoryAddLink": 1,
    },
    "ctkDICOMTableManager": {
        "tableOrientation": Qt.Vertical,
        "dynamicTableLayout": False,
        "autoSelectSeries": True,
        "selectionMode": 3,
    },
    "ctkDICOMTableView": {
        "filterActive": False,
        "batchUpdate": False,
        "headerVisible": True,
        "queryTableName": "",
        "queryForeignKey": "",
        "currentSelection": [],
    },
    "ctkDICOMModel": {
        "RootType": 0,
        "PatientType": 1,
        "StudyType": 2,
        "SeriesType": 3,
        "ImageType": 4,
        "UIDRole": 256,
        "TypeRole": 257,
    },
    "ctkDICOMObjectListWidget": {
        "currentFile": "",
        "fileList": [],
        "filterExpression": "",
        "thumbnailVisible": True,
    },
    "ctkDICOMObjectModel": {
        "TagColumn": 0,
        "AttributeColumn": 1,
        "ValueColumn": 2,
        "VRColumn": 3,
        "LengthColumn": 4,
    },
    "ctkDICOMVisualBrowserWidget": {
        "databaseDirectory": "",
        "databaseDirectorySettingsKey": "",
        "databaseDirectoryBase": "",
        "filteringPatientID": "",
        "filteringPatientName": "",
        "filteringStudyDescription": "",
        "filteringSeriesDescription": "",
        "filteringDate": 0,
        "filteringModalities": ["Any", *COMMON_MODALITIES, *OTHER_MODALITIES],
        "numberOfOpenedStudiesPerPatient": 2,
        "thumbnailSizePreset": 1,
        "ImportDirectoryMode": 1,
        "sendActionVisible": False,
        "deleteActionVisible": True,
        "alwaysShowQueryButton": True,
        "storageAETitle": "CTKSTORE",
        "storagePort": 11112,
        **{name: value for value, name in enumerate(("Any", "Today", "Yesterday", "LastWeek"))},
        **{name: value + 4 for value, name in enumerate(("LastMonth", "LastYear", "CustomRange"))},
        **{name: value for value, name in enumerate(("Hidden", "Small", "Medium", "Large"))},
    },
    "ctkDICOMServerNodeWidget2": {"storageAETitle": "CTKSTORE", "storagePort": 11112, "serversCount": -1},
}
TWO_SELECTIONS = "QItemSelection,QItemSelection"
SIGNALS = {
    "ctkDICOMBrowser": """databaseDirectoryChanged(QString) queryRetrieveFinished() directoryImported()
        sendRequested(QStringList)""",
    "ctkDICOMTableManager": " ".join(
        f"{level}SelectionChanged({TWO_SELECTIONS}) {level}SelectionChanged(QStringList) "
        f"{level}DoubleClicked(QModelIndex) {level}RightClicked(QPoint)"
        for level in ("patients", "studies", "series")
    ),
    "ctkDICOMTableView": f"""selectionChanged(QStringList) selectionChanged({TWO_SELECTIONS})
        filterTextChanged(QString) showFilterActiveWarning(bool) queryChanged(QStringList)
        doubleClicked(QModelIndex) customContextMenuRequested(QPoint)""",
    "ctkDICOMObjectListWidget": "doubleClicked(QModelIndex)",
    "ctkDICOMVisualBrowserWidget": """databaseDirectoryChanged(QString) seriesRetrieved(QStringList)
        sendRequested(QStringList) directoryImported()""",
    "ctkDICOMServerNodeWidget2": "serversSettingsChanged()",
    "ctkDICOMJobListWidget": "patientSelected(QString,QString,QString)",
    "ctkDICOMQueryRetrieveWidget": "studiesRetrieved(QStringList) canceled()",
    "ctkDICOMQueryWidget": "parameterChanged() returnPressed()",
}


@pytest.fixture
def made(qtbot, settings):
    """Makes a widget of a class, which is closed in the end."""
    objects = []

    def make(name):
        made = getattr(widgets, name)()
        objects.append(made)
        if hasattr(made, "close"):
            qtbot.addWidget(made)
        return made

    yield make
    for one in objects:
        if name_of_stop := next((name for name in ("onClose", "stop") if hasattr(one, name)), ""):
            getattr(one, name_of_stop)()


@pytest.mark.parametrize("name", METHODS)
def test_every_method_is_there(made, name):
    one = made(name)
    assert [member for member in METHODS[name].split() if not callable(getattr(one, member, None))] == []


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults_are_those_of_ctk(made, name):
    one = made(name)
    assert {member: getattr(one, member) for member in DEFAULTS[name]} == DEFAULTS[name]


@pytest.mark.parametrize("name", SIGNALS)
def test_every_signal_is_connected_by_its_signature_or_its_name(made, name):
    one = made(name)
    heard = []
    for signature in SIGNALS[name].split():
        getattr(one, signature.partition("(")[0]).connect(lambda *_news: heard.append(1))
        if isinstance(one, NamedSignals):
            assert one.connect(signature, lambda *_news: None)


def test_a_selection_mode_is_one_of_qt(made):
    tables = made("ctkDICOMTableManager")
    tables.selectionMode = QAbstractItemView.SingleSelection
    assert tables.selectionMode == 1
    assert tables.seriesTable().tableView().selectionMode() == QAbstractItemView.SingleSelection


def test_tags_are_set_by_property_or_method_as_in_ctk(made):
    table, visual = made("ctkDICOMBrowser"), made("ctkDICOMVisualBrowserWidget")
    table.tagsToPrecache = ["0008,0060"]
    visual.setTagsToPrecache(["0008,0060"])
    assert "0008,0060" in table.tagsToPrecache
    assert "0008,0060" in visual.tagsToPrecache()


def test_the_query_button_goes_where_no_server_can_be_asked(qtbot, made):
    from DICOMLib.compat.ctkDICOMServer import ctkDICOMServer

    visual = made("ctkDICOMVisualBrowserWidget")
    visual.removeAllServers()
    assert not visual.queryButton.isHidden()
    visual.alwaysShowQueryButton = False
    assert visual.queryButton.isHidden()
    server = ctkDICOMServer()
    server.connectionName = "one"
    visual.addServer(server)
    qtbot.waitUntil(lambda: not visual.queryButton.isHidden())


def test_servers_of_the_older_list(made):
    from DICOMLib.network.peers import load_peers

    table = made("ctkDICOMServerNodeWidget")
    before = table.serverNodes()
    values = {"Name": "Mine", "CheckState": 2, "AETitle": "PACS", "Address": "localhost", "Port": 4242}
    row = table.addServerNode({**values, "CGET": False})
    assert table.serverNodes() == [*before, "Mine"]
    assert table.serverNodeParameters(row) == table.serverNodeParameters("Mine") == {**values, "CGET": False}
    assert table.serverNodeParameters("nobody") == {}
    assert "Mine" in table.selectedServerNodes()
    assert table.parameters() == {
        "CallingAETitle": "CTKSTORE",
        "StorageAETitle": "CTKSTORE",
        "StoragePort": 11112,
    }
    assert made("ctkDICOMQueryRetrieveWidget").getServerParameters() == table.parameters()
    from qtpy.QtCore import QSettings

    assert load_peers(QSettings())[row].called_ae == "PACS"


def test_what_the_form_asks_for_in_the_words_of_ctk(qtbot, made):
    form = made("ctkDICOMQueryWidget")
    assert form.parameters() == {"Name": "", "Study": "", "Series": "", "ID": ""}
    with qtbot.waitSignal(form.parameterChanged, timeout=3000):
        qtbot.keyClicks(form.nameEdit, "Doe")
        qtbot.keyClicks(form.modalityEdit, "ct, mr")
    with qtbot.waitSignal(form.returnPressed):
        qtbot.keyClick(form.nameEdit, Qt.Key_Return)
    form.dateBox.setChecked(True)
    parameters = form.parameters()
    assert (parameters["Name"], parameters["Modalities"]) == ("Doe", ["CT", "MR"])
    assert len(parameters["StartDate"]) == len(parameters["EndDate"]) == 8


def test_progress_is_shown_unless_a_script_wants_none(qtbot, made):
    window = made("ctkDICOMQueryRetrieveWidget")
    panel = window.tasks.progress
    window.useProgressDialog(False)
    panel.begin("Asking")
    assert panel.isHidden()
    window.useProgressDialog(True)
    panel.begin("Asking")
    assert not panel.isHidden()
