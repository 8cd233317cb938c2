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


def test_file_dialogs_answer_with_texts(qt, monkeypatch):
    from qtpy.QtWidgets import QFileDialog

    monkeypatch.setattr(QFileDialog, "getOpenFileName", staticmethod(lambda *_: ("/a.dcm", "all")))
    assert isinstance(qt.QFileDialog, type)


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
