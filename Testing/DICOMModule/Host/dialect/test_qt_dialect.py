"""PythonQt's manners: what scripts of Slicer write, and what Qt must answer."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.gui


@pytest.fixture
def qt(host):
    import qt

    return qt


@pytest.mark.parametrize(
    ("make", "name", "value"),
    [
        ("QLabel", "text", "hello"),
        ("QLineEdit", "text", "typed"),
        ("QPushButton", "enabled", False),
        ("QCheckBox", "checked", True),
        ("QSpinBox", "value", 7),
        ("QDoubleSpinBox", "decimals", 4),
        ("QWidget", "objectName", "Red"),
        ("QWidget", "toolTip", "what it does"),
        ("QWidget", "minimumWidth", 33),
        ("QTimer", "interval", 250),
        ("QTimer", "singleShot", True),
        ("QLineEdit", "placeholderText", "Search…"),
    ],
)
def test_properties_are_attributes(qt, make, name, value):
    thing = getattr(qt, make)()
    setattr(thing, name, value)
    assert getattr(thing, name) == value


def test_setters_work_too(qt):
    label = qt.QLabel()
    label.setText("by method")
    assert label.text == "by method"


def test_a_value_of_the_wrong_type_is_refused(qt):
    with pytest.raises(TypeError):
        qt.QSpinBox().value = "many"


def test_a_property_of_the_class_is_the_method(qt):
    fired = []
    qt.QTimer.singleShot(0, lambda: fired.append(1))
    qt.QApplication.processEvents()
    assert fired == [1]


@pytest.mark.parametrize("signature", ["clicked()", "clicked(bool)"])
def test_connect_by_signature(qt, signature):
    heard = []
    button = qt.QPushButton()
    button.connect(signature, lambda *arguments: heard.append(arguments))
    button.click()
    assert heard == [() if signature == "clicked()" else (False,)]
    button.disconnect(signature)
    button.click()
    assert len(heard) == 1


def test_connect_of_overloads_and_of_slots(qt):
    box, label = qt.QComboBox(), qt.QLabel()
    box.addItems(["one", "two"])
    heard = []
    box.connect("currentIndexChanged(int)", heard.append)
    box.connect("currentTextChanged(QString)", label, "setText(QString)")
    box.setCurrentIndex(1)
    assert (heard, label.text) == ([1], "two")


def test_unknown_signals_are_named(qt):
    with pytest.raises(ValueError, match="no signal 'sneezed'"):
        qt.QPushButton().connect("sneezed()", print)
    with pytest.raises(ValueError, match="must look like"):
        qt.QPushButton().connect("clicked", print)


def test_pyqt_signals_still_work(qt):
    heard = []
    button = qt.QPushButton()
    button.clicked.connect(lambda checked: heard.append(checked))
    button.click()
    assert heard == [False]


def test_stock_objects_are_instances(qt):
    from qtpy.QtWidgets import QLabel, QWidget

    assert isinstance(QLabel(), qt.QLabel)
    assert isinstance(qt.QLabel(), QLabel)
    assert issubclass(qt.QLabel, QWidget)
    assert not isinstance(QWidget(), qt.QLabel)


def test_objects_that_qt_made_have_the_manners(qt):
    table = qt.QTableWidget(2, 3)
    header = table.horizontalHeader()
    header.stretchLastSection = True
    assert header.stretchLastSection is True
    assert table.model().className() == "QTableModel"


def test_layouts_and_virtual_getters_are_called_by_qt_itself(qt):
    widget = qt.QWidget()
    layout = qt.QVBoxLayout(widget)
    layout.addWidget(qt.QLabel("content"))
    widget.show()  # asks sizeHint of everything
    qt.QApplication.processEvents()
    assert widget.sizeHint.width() > 0 if not callable(widget.sizeHint) else widget.sizeHint().width() > 0
    widget.close()


def test_subclasses_call_their_base_as_slicers_do(qt):
    class Panel(qt.QWidget):
        def __init__(self, parent=None):
            qt.QWidget.__init__(self, parent)
            self.size_of_mine = 3
            self.text = "an attribute of its own"

    panel = Panel()
    assert (panel.size_of_mine, panel.text) == (3, "an attribute of its own")


def test_names_of_signals_and_slots(qt):
    assert str(qt.SIGNAL("clicked()")).endswith("clicked()")
    assert str(qt.SLOT("close()")).endswith("close()")


def test_a_class_that_qt_does_not_have_is_named(qt):
    with pytest.raises(AttributeError, match=r"qt\.QTeapot is not available"):
        qt.QTeapot  # noqa: B018


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("getOpenFileName", "{folder}/a.dcm"),
        ("getOpenFileNames", ["{folder}/a.dcm"]),
        ("getSaveFileName", "{folder}/a.dcm"),
    ],
)
@pytest.mark.parametrize("accepted", [True, False])
def test_file_dialogs_answer_with_texts(qt, tmp_path, question, answer, accepted):
    """Not with a text and a filter, as PyQt does; with nothing where the user cancels."""
    from qtpy.QtWidgets import QApplication, QDialogButtonBox, QFileDialog

    (tmp_path / "a.dcm").write_text("")

    def choose():
        dialog = QApplication.activeModalWidget()
        if dialog is None:
            qt.QTimer.singleShot(20, choose)
            return
        dialog.selectFile("a.dcm")
        dialog.setOption(QFileDialog.DontConfirmOverwrite)
        buttons = dialog.findChild(QDialogButtonBox)
        agree = QDialogButtonBox.Save if "Save" in question else QDialogButtonBox.Open
        buttons.button(agree if accepted else QDialogButtonBox.Cancel).click()

    qt.QTimer.singleShot(0, choose)
    options = QFileDialog.DontUseNativeDialog
    given = getattr(qt.QFileDialog, question)(None, "Which?", str(tmp_path), "All (*)", options=options)
    folder = tmp_path.as_posix()
    filled = answer.format(folder=folder) if isinstance(answer, str) else [answer[0].format(folder=folder)]
    assert given == (filled if accepted else type(filled)())


def test_other_code_sees_qt_as_it_is(qt):
    """Nothing is changed in Qt's own classes, nor in widgets that were made of them in Python."""
    from qtpy.QtWidgets import QHeaderView, QLabel, QPushButton, QTableWidget, QTimeEdit, QWidget

    assert qt.QLabel("first").text == "first"
    label = QLabel("stock")
    assert label.text() == "stock"
    label.text = "an attribute of Python"
    assert QLabel.text(label) == "stock"
    assert not hasattr(QPushButton(), "className")
    parent = qt.QWidget()
    child = QWidget(parent)
    assert parent.findChild("QWidget") is child
    assert callable(child.width)  # made in Python by others, it stays as it was
    table = qt.QTableWidget(1, 1)
    own = QHeaderView(qt.Qt.Horizontal)
    QTableWidget.setHorizontalHeader(table, own)
    assert table.horizontalHeader() is own
    assert callable(own.stretchLastSection)
    assert callable(QTimeEdit().time)


def test_getters_that_qt_calls_are_no_properties(qt, qapp):
    """`duration` of an animation is one: in the place of the method, a property would be called in vain."""
    label = qt.QLabel("x")
    animation = qt.QPropertyAnimation(label, b"minimumWidth")
    animation.setDuration(20)
    assert animation.duration() == 20
    animation.setStartValue(1)
    animation.setEndValue(30)
    ended = []
    animation.connect("finished()", lambda: ended.append(1))
    animation.start()
    while not ended:
        qapp.processEvents()
    assert label.minimumWidth == 30


def test_a_property_is_set_by_a_subclass_too(qt):
    class Panel(qt.QWidget):
        def __init__(self):
            qt.QWidget.__init__(self)
            self.enabled = False
            self.toolTipp = "misspelt: an attribute of its own, as in PythonQt"

    panel = Panel()
    assert panel.isEnabled() is False
    assert panel.toolTip == ""
    assert panel.toolTipp.startswith("misspelt")


def test_objects_are_deleted_by_scripts(qt, qapp):
    from qtpy.QtCore import QEvent

    parent = qt.QWidget()
    child = qt.QLabel("x", parent)
    gone = []
    child.connect("destroyed()", lambda: gone.append(1))
    child.delete()
    assert gone == []
    qapp.sendPostedEvents(None, int(QEvent.DeferredDelete))
    assert gone == [1]
    assert parent.children() == []


def test_an_overload_is_chosen_by_its_arguments(qt):
    from qtpy import QT5

    box = qt.QComboBox()
    box.addItems(["one", "two"])
    heard = []
    name = "currentIndexChanged(QString)" if QT5 else "currentTextChanged(QString)"  # Qt 6 has one only
    box.connect(name, heard.append)
    box.connect("currentIndexChanged(int)", heard.append)
    box.currentIndex = 1
    assert sorted(map(str, heard)) == ["1", "two"]


def test_the_whole_module_is_made_without_a_fault(qt):
    """Every class of Qt, as a script may ask for any."""
    from qtpy import QtCore, QtWidgets

    names = [name for source in (QtWidgets, QtCore) for name in dir(source) if name.startswith("Q")]
    classes = [getattr(qt, name) for name in names]
    assert len(classes) > 300
    assert qt.QDial.__name__ == "QDial"


def test_the_main_window_and_parents_of_settings_have_the_manners(main_window):
    import ctk
    import slicer

    window = slicer.util.mainWindow()
    assert window is main_window
    assert (window.objectName, window.visible) == ("qSlicerMainWindow", True)
    parents = []

    class Panel(ctk.ctkSettingsPanel):
        pass

    panel = Panel()
    group = ctk.ctkCollapsibleGroupBox(panel)
    group.title = "Plugin"
    parents.append(panel.findChild(ctk.ctkCollapsibleGroupBox))
    assert parents[0].title == "Plugin"


def test_settings_store_plain_values(qt):
    settings = qt.QSettings()
    settings.setValue("Dialect/flag", True)
    assert settings.value("Dialect/flag") in (True, "true")
    settings.remove("Dialect/flag")
    assert settings.value("Dialect/flag") is None


def test_children_are_found_by_class_and_name(qt):
    widget = qt.QWidget()
    qt.QLabel("a", widget).name = "first"
    qt.QPushButton(widget).objectName = "second"
    assert widget.findChild("QLabel", "first").text == "a"
    assert widget.findChild(qt.QLabel).name == "first"
    assert widget.findChild("QLabel", "second") is None
    assert [child.objectName for child in widget.findChildren("QAbstractButton")] == ["second"]
    assert len(widget.findChildren(qt.QWidget)) == 2
    assert [child.name for child in widget.findChildren(name="second")] == ["second"]
    assert [child.className() for child in widget.children()] == ["QLabel", "QPushButton"]


def test_objects_are_true(qt):
    assert qt.QVBoxLayout()
    assert qt.QWidget()
    assert qt.QMainWindow().layout()


def test_static_methods_that_give_objects(host):
    import qt

    application = qt.QApplication.instance()
    assert application is qt.QCoreApplication.instance()
    assert application is host.qt_application
    assert qt.QApplication.topLevelAt(-10_000, -10_000) is None
    assert qt.QLabel("x").window() is not None
