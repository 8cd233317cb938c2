"""Objects that change their class, in whichever binding of Qt the tests run."""

from __future__ import annotations

import gc

import pytest
from qtpy import QtCore, QtWidgets

pytestmark = pytest.mark.gui


@pytest.fixture
def dialect(host):
    from DICOMModule.Host.dialect import qt_dialect

    return qt_dialect


def test_many_objects_come_and_go(dialect):
    for _number in range(500):
        tabs = QtWidgets.QTabWidget()
        assert dialect.adopt(tabs.tabBar()).count == 0
        dialect.give_manners(tabs)
        assert tabs.count == 0
    del tabs
    gc.collect()
    kept = dialect.dialect(QtWidgets.QTabWidget)()
    assert kept.className() == "QTabWidget"


def test_an_object_of_a_class_that_no_other_was_made_of_tells_its_signals(dialect):
    dial, heard = QtWidgets.QDial(), []
    dialect.give_manners(dial)
    dial.connect("valueChanged(int)", heard.append)
    dial.setValue(7)
    assert heard == [7]


def test_a_deleted_object_is_told(dialect, qapp):
    box = QtWidgets.QDialogButtonBox(QtWidgets.QDialogButtonBox.Ok)
    layout = dialect.adopt(QtWidgets.QWidget.layout(box))
    assert layout.spacing >= 0
    box.deleteLater()
    qapp.sendPostedEvents(None, int(QtCore.QEvent.DeferredDelete))
    with pytest.raises(RuntimeError, match="deleted"):
        layout.count()


def test_derived_classes_have_the_manners(dialect, host):
    import qt

    class Sender(qt.QObject):
        changed = qt.Signal(float)

        def __init__(self, parent=None):
            qt.QObject.__init__(self, parent)

    heard = []
    sender = Sender()
    sender.connect("changed(double)", heard.append)
    sender.changed.emit(2.5)
    sender.disconnect("changed(double)", heard.append)
    sender.changed.emit(3.5)
    assert heard == [2.5]
    assert isinstance(sender, qt.QObject)
    assert issubclass(Sender, qt.QObject)
    assert isinstance(QtCore.QTimer(), qt.QObject)
