"""The tool bar that plays sequences: what is seen in the views follows it."""

from __future__ import annotations

import numpy as np
import pytest

from Testing.DICOMModule.driving import click

pytestmark = [pytest.mark.gui, pytest.mark.mrml]

FRAMES = 4


@pytest.fixture
def bar(main_window):
    return main_window.findChild("QToolBar", "SequenceBrowserToolBar")


@pytest.fixture
def browser(bar, scene):
    """A browser of four volumes, the voxels of each are its number."""
    import slicer

    volume = slicer.util.addVolumeFromArray(np.zeros((2, 3, 4), np.int16))
    sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode", "Frames")
    sequence.SetIndexUnit("ms")
    for number in range(FRAMES):
        slicer.util.updateVolumeFromArray(volume, np.full((2, 3, 4), number, np.int16))
        sequence.SetDataNodeAtValue(volume, str(40 * number))
    node = scene.AddNewNodeByClass("vtkMRMLSequenceBrowserNode")
    node.SetAndObserveMasterSequenceNodeID(sequence.GetID())
    slicer.modules.sequences.logic().UpdateProxyNodesFromSequences(node)
    return node


def shown_number(browser) -> int:
    import slicer

    (number,) = np.unique(slicer.util.arrayFromVolume(browser.GetProxyNode(browser.GetMasterSequenceNode())))
    return int(number)


def press(qtbot, bar, name: str) -> None:
    click(qtbot, bar.widgetForAction(bar.actionsByName[name]))


def test_it_appears_with_a_sequence_and_goes_with_it(bar, browser, scene):
    import slicer

    assert bar.isVisible()
    assert slicer.modules.sequences.toolBarActiveBrowserNode() is browser
    scene.RemoveNode(browser)
    assert not bar.isVisible()
    assert slicer.modules.sequences.toolBarActiveBrowserNode() is None


def test_steps_and_slider(qtbot, bar, browser):
    assert bar.label.text().strip() == "0.00 ms (1/4)"
    press(qtbot, bar, "Next")
    assert (shown_number(browser), bar.slider.value(), bar.label.text().strip()) == (1, 1, "40.00 ms (2/4)")
    press(qtbot, bar, "Last")
    assert shown_number(browser) == 3
    press(qtbot, bar, "Previous")
    assert shown_number(browser) == 2
    bar.slider.setValue(1)
    assert shown_number(browser) == 1
    press(qtbot, bar, "First")
    assert shown_number(browser) == 0
    browser.SetSelectedItemNumber(3)  # by a script
    assert bar.slider.value() == 3


def test_playing(qtbot, bar, browser):
    seen = set()
    bar.rateBox.setValue(50)
    assert browser.GetPlaybackRateFps() == 50
    press(qtbot, bar, "Play")
    assert browser.GetPlaybackActive()

    def all_seen():
        seen.add(shown_number(browser))
        return len(seen) == FRAMES

    qtbot.waitUntil(all_seen, timeout=20_000)
    press(qtbot, bar, "Play")
    assert not browser.GetPlaybackActive()
    qtbot.waitUntil(lambda: not bar._timer.isActive())


def test_a_script_plays_without_the_bar(qtbot, bar, browser):
    import slicer

    slicer.modules.sequences.setToolBarActiveBrowserNode(None)
    assert not bar.isVisible()
    browser.SetPlaybackRateFps(50)
    browser.SetPlaybackActive(True)
    qtbot.waitUntil(lambda: shown_number(browser) > 0, timeout=20_000)
    browser.SetPlaybackActive(False)


def test_functions_of_the_module(bar, browser):
    import slicer

    module = slicer.modules.sequences
    module.setToolBarVisible(False)
    assert not bar.isVisible()
    assert module.showSequenceBrowser(browser)
    assert bar.isVisible()
    module.autoShowToolBar = False
    try:
        module.setToolBarVisible(False)
        module.setToolBarActiveBrowserNode(browser)
        assert not bar.isVisible()
    finally:
        module.autoShowToolBar = True
