"""Panels of Qt Designer, as scripted modules load them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.gui, pytest.mark.mrml]

PANEL = """<?xml version="1.0" encoding="UTF-8"?>
<ui version="4.0">
 <class>Panel</class>
 <widget class="qMRMLWidget" name="Panel">
  <layout class="QVBoxLayout" name="verticalLayout">
   <item>
    <widget class="ctkCollapsibleButton" name="inputsButton">
     <property name="text"><string>Inputs</string></property>
     <layout class="QFormLayout" name="form">
      <item row="0" column="0">
       <widget class="QLabel" name="label"/>
      </item>
      <item row="0" column="1">
       <widget class="qMRMLNodeComboBox" name="inputSelector">
        <property name="nodeTypes">
         <stringlist><string>vtkMRMLScalarVolumeNode</string></stringlist>
        </property>
        <property name="addEnabled"><bool>false</bool></property>
        <property name="noneEnabled"><bool>true</bool></property>
        <property name="SlicerParameterName" stdset="0"><string>inputVolume</string></property>
       </widget>
      </item>
      <item row="1" column="1">
       <widget class="ctkSliderWidget" name="thresholdSlider">
        <property name="singleStep"><double>0.5</double></property>
        <property name="minimum"><double>-100.0</double></property>
        <property name="maximum"><double>500.0</double></property>
        <property name="value"><double>42.0</double></property>
        <property name="anUnknownProperty"><string>kept</string></property>
       </widget>
      </item>
      <item row="2" column="1">
       <widget class="ctkPathLineEdit" name="pathEdit">
        <property name="filters"><set>ctkPathLineEdit::Dirs</set></property>
        <property name="settingKey"><string>Panel/Path</string></property>
       </widget>
      </item>
      <item row="3" column="1">
       <widget class="ctkRangeWidget" name="range">
        <property name="maximum"><double>10.0</double></property>
        <property name="maximumValue"><double>7.0</double></property>
        <property name="minimumValue"><double>3.0</double></property>
       </widget>
      </item>
     </layout>
    </widget>
   </item>
   <item><widget class="QPushButton" name="applyButton">
     <property name="enabled"><bool>false</bool></property>
     <property name="text"><string>Apply</string></property></widget></item>
   <item><widget class="QCheckBox" name="box"/></item>
  </layout>
 </widget>
 <customwidgets>
  <customwidget><class>qMRMLWidget</class><extends>QWidget</extends><header>qMRMLWidget.h</header></customwidget>
  <customwidget>
   <class>qMRMLUnusedWidget</class><extends>QWidget</extends><header>x.h</header>
  </customwidget>
 </customwidgets>
 <connections>
  <connection>
   <sender>Panel</sender><signal>mrmlSceneChanged(vtkMRMLScene*)</signal>
   <receiver>inputSelector</receiver><slot>setMRMLScene(vtkMRMLScene*)</slot>
  </connection>
  <connection>
   <sender>box</sender><signal>toggled(bool)</signal>
   <receiver>applyButton</receiver><slot>setEnabled(bool)</slot>
  </connection>
 </connections>
</ui>
"""


@pytest.fixture
def panel(scene, qtbot, tmp_path):
    import slicer

    path = tmp_path / "Panel.ui"
    path.write_text(PANEL)
    widget = slicer.util.loadUI(str(path))
    yield widget
    widget.setMRMLScene(None)
    widget.deleteLater()


def test_child_widgets_are_attributes_by_their_names(panel):
    import slicer

    ui = slicer.util.childWidgetVariables(panel)
    assert ui.inputsButton.text == "Inputs"
    assert ui.inputSelector.noneEnabled is True
    assert ui.inputSelector.addEnabled is False
    assert ui.inputSelector.nodeTypes == ("vtkMRMLScalarVolumeNode",)
    slider = ui.thresholdSlider
    assert (slider.minimum, slider.maximum, slider.singleStep, slider.value) == (-100, 500, 0.5, 42)
    assert slider.property("anUnknownProperty") == "kept"
    assert ui.pathEdit.filters == ui.pathEdit.Dirs
    assert ui.pathEdit.settingKey == "Panel/Path"
    assert (ui.range.minimumValue, ui.range.maximumValue, ui.range.maximum) == (3, 7, 10)


def test_connections_are_made(panel, scene):
    import slicer

    ui = slicer.util.childWidgetVariables(panel)
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "CT")
    panel.setMRMLScene(scene)
    assert ui.inputSelector.mrmlScene() is scene
    assert ui.inputSelector.nodeCount() == 1
    assert ui.inputSelector.currentNode() is None
    ui.inputSelector.setCurrentNode(node)
    assert ui.inputSelector.currentNodeID == node.GetID()
    ui.box.checked = True
    assert ui.applyButton.enabled


def test_a_class_that_is_not_here_is_named(scene, tmp_path):
    import slicer

    path = tmp_path / "Panel.ui"
    path.write_text(PANEL.replace("ctkRangeWidget", "qMRMLTeapotWidget"))
    with pytest.raises(ValueError, match=r"qMRMLTeapotWidget .* not available here.*qMRMLNodeComboBox"):
        slicer.util.loadUI(str(path))


def test_a_missing_file_is_named(host):
    import slicer

    with pytest.raises(RuntimeError, match=r"file not found /nowhere\.ui"):
        slicer.util.loadUI("/nowhere.ui")


LOAD_AND_END = """
import sys
from DICOMModule.Host.application import boot
application = boot(gui=True, testing=True, settings_path=sys.argv[2], database_directory=sys.argv[2])
import qt, slicer
panel = slicer.util.loadUI(sys.argv[1])
panel.setMRMLScene(None)
panel.deleteLater()
qt.QApplication.sendPostedEvents(None, 52)  # deferred deletion
del panel
application.shutdown()
print("done")
"""


@pytest.mark.parametrize("binding", ["PyQt5", "PySide6"])
def test_a_process_that_has_loaded_a_panel_ends_well(tmp_path, binding):
    """At its end, PySide visits all objects that it knows; memory that was given back is filled here."""
    pytest.importorskip(binding)
    (tmp_path / "Panel.ui").write_text(PANEL)
    more = {"QT_QPA_PLATFORM": "offscreen", "PYTHONMALLOC": "malloc", "MALLOC_PERTURB_": "221"}
    result = subprocess.run(
        [sys.executable, "-c", LOAD_AND_END, tmp_path / "Panel.ui", tmp_path],
        env={**os.environ, **more, "QT_API": binding.lower()},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (result.returncode, result.stdout) == (0, "done\n"), result.stderr
