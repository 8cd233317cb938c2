"""Light and dark colours: chosen in the menu, applied at once, kept in the settings."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtGui import QPalette, QTextFormat
from qtpy.QtWidgets import (
    QApplication,
    QCheckBox,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)

from DICOMLib.widgets.browsing.toolbar import BrowserToolBar
from DICOMLib.widgets.enumerations import number_of
from DICOMLib.widgets.outcome_colors import OutcomeColor
from DICOMModule.Host.window import theme
from DICOMModule.Host.window.developer_section import OutcomeLabel
from DICOMModule.Host.window.python_console import PythonConsole
from Testing.contrast import contrast_of
from Testing.DICOMModule.driving import click_menu

pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def restored(kept_settings):
    """The colours are as before when the test is over."""
    before = theme.stored()
    yield kept_settings
    theme.apply(before)


def contrast(palette, front, back, group=QPalette.Active):
    """Contrast of two colours of a palette as WCAG 2 defines it."""
    return contrast_of(palette.color(group, front), palette.color(group, back))


@pytest.mark.parametrize("appearance", [theme.DARK, theme.LIGHT])
def test_the_menu_changes_the_colours_at_once_and_they_are_kept(
    qtbot, main_window, restored, qapp, appearance
):
    menu = main_window.findChild(QMenu, "AppearanceMenu")
    wanted = next(action for action in menu.actions() if action.text().replace("&", "").lower() == appearance)
    click_menu(qtbot, menu, wanted.text().replace("&", ""))
    assert wanted.isChecked()
    assert theme.stored() == appearance
    assert restored.value(theme.KEY) == appearance
    is_dark = qapp.palette().color(QPalette.Window).lightness() < 128
    assert is_dark == (appearance == theme.DARK)


@pytest.mark.parametrize("appearance", [theme.DARK, theme.LIGHT])
def test_texts_can_be_read(main_window, restored, qapp, appearance):
    theme.apply(appearance)
    palette = qapp.palette()
    for front, back in (
        (QPalette.WindowText, QPalette.Window),
        (QPalette.Text, QPalette.Base),
        (QPalette.Text, QPalette.AlternateBase),
        (QPalette.ButtonText, QPalette.Button),
        (QPalette.ToolTipText, QPalette.ToolTipBase),
    ):
        assert contrast(palette, front, back) >= 7  # AAA
    assert contrast(palette, QPalette.HighlightedText, QPalette.Highlight) >= 3
    for ground in (QPalette.Base, QPalette.AlternateBase):
        assert contrast(palette, QPalette.Link, ground) >= 4.5  # AA
        for outcome in OutcomeColor:
            assert contrast_of(outcome.color, palette.color(ground)) >= 4.5


@pytest.mark.parametrize("appearance", [theme.DARK, theme.LIGHT])
@pytest.mark.parametrize("later", [theme.DARK, theme.LIGHT])
def test_all_in_the_console_can_be_read(main_window, restored, qtbot, qapp, appearance, later):
    """The prompt, what was typed, what was printed and what failed, also when the colours change later."""
    theme.apply(appearance)
    console = PythonConsole(qapp)
    qtbot.addWidget(console)
    console.execute("print('fine')")
    console.execute("1 / 0")
    theme.apply(later)
    told = {
        text.strip(): contrast_of(color, qapp.palette().color(QPalette.Base)) for text, color in inks(console)
    }
    assert {">>>", "fine"} <= told.keys()
    assert any("ZeroDivisionError" in text for text in told)
    assert min(told.values()) >= 4.5


def inks(console):
    """The pieces of text of a console with their colours."""
    block = console.document().firstBlock()
    while block.isValid():
        pieces = block.begin()
        while not pieces.atEnd():
            piece = pieces.fragment()
            kind = piece.charFormat()
            is_own = kind.hasProperty(number_of(QTextFormat.ForegroundBrush))
            yield (
                piece.text(),
                kind.foreground().color() if is_own else console.palette().color(QPalette.Text),
            )
            pieces += 1
        block = block.next()


def test_a_box_that_cannot_be_filled_is_seen(main_window, restored, qtbot):
    theme.apply(theme.DARK)
    box = QLineEdit()
    qtbot.addWidget(box)
    box.show()
    shades = []
    for enabled in (True, False):
        box.setEnabled(enabled)
        image = box.grab().toImage()
        shades.append(image.pixelColor(image.width() // 2, image.height() // 2).lightness())
    assert shades[1] - shades[0] >= 10


def test_the_button_of_actions_without_room_is_seen(main_window, restored, qtbot):
    theme.apply(theme.DARK)
    bar = BrowserToolBar()
    qtbot.addWidget(bar)
    bar.resize(200, 60)
    bar.show()
    button = bar.findChild(QToolButton, "qt_toolbar_ext_button")
    qtbot.waitUntil(button.isVisible)
    image = button.grab().toImage()
    shades = [image.pixelColor(x, y).lightness() for x in range(image.width()) for y in range(image.height())]
    assert max(shades) > 150


def test_icons_follow_the_colours(main_window, restored, qapp):
    from DICOMLib.widgets.icons import icon

    shown = icon("Patient")
    assert not shown.isNull()
    lightness = {}
    for appearance in (theme.DARK, theme.LIGHT):
        theme.apply(appearance)
        image = shown.pixmap(24, 24).toImage()
        drawn = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
        solid = [color.lightness() for color in drawn if color.alpha() > 200]
        assert solid
        lightness[appearance] = sum(solid) / len(solid)
    assert lightness[theme.DARK] > 150
    assert lightness[theme.LIGHT] < 100


def test_an_icon_that_is_not_there_is_empty(main_window):
    from DICOMLib.widgets.icons import icon

    assert icon("NoSuchIcon").isNull()


def test_check_boxes_are_seen_on_dark_ground(main_window, restored, qtbot):
    theme.apply(theme.DARK)
    box = QCheckBox("Advanced")
    qtbot.addWidget(box)
    box.resize(120, 24)
    box.show()
    shades = {}
    for checked in (False, True):
        box.setChecked(checked)
        image = box.grab().toImage()
        ground = image.pixelColor(image.width() - 2, 2).lightness()
        indicator = [image.pixelColor(x, y).lightness() for x in range(16) for y in range(image.height())]
        shades[checked] = max(indicator) - ground
    assert shades[False] > 60  # its outline
    assert shades[True] > 150  # the white mark


@pytest.mark.parametrize("appearance", [theme.DARK, theme.LIGHT])
@pytest.mark.parametrize("kind", [QPushButton, QToolButton])
def test_a_button_that_is_pressed_is_seen(main_window, restored, qtbot, kind, appearance):
    theme.apply(appearance)
    button = kind()
    button.setText("Browser")
    qtbot.addWidget(button)
    button.setCheckable(True)
    button.show()
    colors, sizes = [], []
    for pressed in (False, True):
        button.setChecked(pressed)
        image = button.grab().toImage()
        color = image.pixelColor(6, image.height() // 2)
        colors.append((color.red(), color.green(), color.blue()))
        sizes.append(button.sizeHint())
    assert np.abs(np.subtract(*colors)).max() >= 20
    assert sizes[0] == sizes[1]  # nothing jumps


@pytest.mark.parametrize("outcome", [OutcomeColor.GOOD, OutcomeColor.BAD])
@pytest.mark.parametrize("appearance", [theme.DARK, theme.LIGHT])
@pytest.mark.parametrize("later", [theme.DARK, theme.LIGHT])
def test_how_a_self_test_went_can_be_read(main_window, restored, qtbot, outcome, appearance, later):
    theme.apply(appearance)
    label = OutcomeLabel()
    qtbot.addWidget(label)
    QWidget.show(label)
    label.tell("Probe: test passed", outcome)
    theme.apply(later)
    ink = QWidget.palette(label).color(QPalette.WindowText)
    assert contrast_of(ink, QApplication.palette().color(QPalette.Window)) >= 4.5
    assert QLabel.text(label) == "Probe: test passed"
