"""The widget that VTK draws in, and that hands Qt's mouse and keys on to VTK.

Two kinds stand behind one interface: a native window that VTK draws in directly, and a raster canvas for
which VTK draws off screen. The raster canvas needs no window system: it serves where Qt has none
("offscreen"), where VTK cannot draw into Qt's windows (Wayland), and wherever a program asks for it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import vtkmodules.vtkInteractionStyle
import vtkmodules.vtkRenderingOpenGL2
import vtkmodules.vtkRenderingUI
from qtpy.QtCore import QRectF, QSize, Qt, QTimer, Signal
from qtpy.QtGui import QGuiApplication, QImage, QPainter
from qtpy.QtWidgets import QSizePolicy, QWidget
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkCommand, vtkUnsignedCharArray
from vtkmodules.vtkRenderingCore import vtkRenderWindow
from vtkmodules.vtkRenderingUI import vtkGenericRenderWindowInteractor

from DICOMModule.Host.views.keys import key_code, key_symbol

vtkEGLRenderWindow = getattr(vtkmodules.vtkRenderingOpenGL2, "vtkEGLRenderWindow", None)

NATIVE_PLATFORMS = ("xcb", "windows", "cocoa")
WHEEL_STEP = 120  # angle of one click of a wheel, in eighths of a degree
BASE_DPI = 72

CURSORS = {
    2: Qt.SizeBDiagCursor,
    3: Qt.SizeFDiagCursor,
    4: Qt.SizeBDiagCursor,
    5: Qt.SizeFDiagCursor,
    6: Qt.SizeVerCursor,
    7: Qt.SizeHorCursor,
    8: Qt.SizeAllCursor,
    9: Qt.PointingHandCursor,
    10: Qt.CrossCursor,
}


def create_canvas(parent: QWidget | None = None) -> Canvas:
    """The canvas that is right for this platform.

    The environment variable SLICER_DICOM_CANVAS, "raster" or "native", overrules the choice.
    """
    kind = os.environ.get("SLICER_DICOM_CANVAS", "")
    if kind not in ("raster", "native"):
        kind = "native" if QGuiApplication.platformName() in NATIVE_PLATFORMS else "raster"
    return NativeCanvas(parent) if kind == "native" else RasterCanvas(parent)


class Canvas(QWidget):
    """What both kinds have in common: interactor, events, timers, size.

    Attributes
    ----------
    render_window
        vtkRenderWindow, its size in device pixels.
    interactor
        vtkGenericRenderWindowInteractor.
    resized
        Emitted with width and height in device pixels.
    shown
        Emitted when the canvas becomes visible.
    """

    resized = Signal(int, int)
    shown = Signal()

    def __init__(self, parent: QWidget | None, flags: Qt.WindowFlags) -> None:
        super().__init__(parent, flags)
        self.render_window: Any = self._create_render_window()
        self.interactor: Any = vtkGenericRenderWindowInteractor()
        self.interactor.SetRenderWindow(self.render_window)
        self._wheel = 0
        self._timers: dict[int, QTimer] = {}
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.WheelFocus)
        self.setSizePolicy(QSizePolicy(QSizePolicy.Expanding, QSizePolicy.Expanding))
        self._observers = [
            (self.interactor, self.interactor.AddObserver(vtkCommand.CreateTimerEvent, self._create_timer)),
            (self.interactor, self.interactor.AddObserver(vtkCommand.DestroyTimerEvent, self._destroy_timer)),
            (
                self.render_window,
                self.render_window.AddObserver(vtkCommand.CursorChangedEvent, self._show_cursor),
            ),
        ]

    def _create_render_window(self) -> Any:
        raise NotImplementedError

    def render(self) -> None:
        """Draw now."""
        raise NotImplementedError

    def picture(self) -> QImage:
        """What is drawn, in device pixels."""
        data = vtkUnsignedCharArray()
        width, height = self.render_window.GetSize()
        self.render_window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 0, data)
        pixels = _bytes_of(data).reshape(height, width, 4)[::-1].copy()
        pixels[:, :, 3] = 255  # where nothing is drawn VTK is transparent; Qt wants its fourth byte full
        return QImage(pixels.data, width, height, QImage.Format_RGBX8888).copy()

    def dispose(self) -> None:
        """Let VTK's side go; the widget draws no more."""
        for timer in self._timers.values():
            timer.stop()
        self._timers.clear()
        for subject, tag in self._observers:
            subject.RemoveObserver(tag)
        self._observers.clear()
        if self.interactor is not None:
            self.interactor.SetInteractorStyle(None)
            self.interactor.SetRenderWindow(None)
            self.render_window.SetInteractor(None)
            self.render_window.Finalize()
        self.interactor = self.render_window = None

    # Size

    def sizeHint(self) -> QSize:
        """Views take what they get."""
        return QSize(240, 200)

    def minimumSizeHint(self) -> QSize:
        """Small enough for twelve views on a laptop."""
        return QSize(60, 60)

    def device_size(self) -> tuple[int, int]:
        """Width and height in device pixels, at least one."""
        ratio = self.devicePixelRatioF()
        return max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))

    def resizeEvent(self, event: Any) -> None:
        """Bring VTK's window to the size of the widget."""
        super().resizeEvent(event)
        self._match_size()

    def _match_size(self) -> None:
        """Also needed without a resize: on another screen the same widget may have more pixels."""
        width, height = self.device_size()
        if self.interactor is None or self.render_window.GetSize() == (width, height):
            return
        self.render_window.SetDPI(round(BASE_DPI * self.devicePixelRatioF()))
        self.render_window.SetSize(width, height)
        self.interactor.SetSize(width, height)
        self.interactor.ConfigureEvent()
        self.resized.emit(width, height)

    def showEvent(self, event: Any) -> None:
        """Tell that drawing makes sense again."""
        super().showEvent(event)
        self.shown.emit()

    # Mouse and keys

    def _tell(self, event: Any, position: Any = None, *, symbol: str | None = None, repeat: int = 0) -> bool:
        """Write down where the mouse is and which keys are held; False when there is nobody to tell."""
        if self.interactor is None:
            return False
        modifiers = event.modifiers() if hasattr(event, "modifiers") else QGuiApplication.keyboardModifiers()
        control = bool(modifiers & Qt.ControlModifier)
        shift = bool(modifiers & Qt.ShiftModifier)
        if position is None:
            x, y = self.interactor.GetEventPosition()
        else:
            ratio = self.devicePixelRatioF()
            x = round(position.x() * ratio)
            y = round(self.device_size()[1] - 1 - position.y() * ratio)
        code = key_code(event) if symbol is not None else "\0"
        self.interactor.SetEventInformation(x, y, control, shift, code, repeat, symbol)
        self.interactor.SetAltKey(bool(modifiers & Qt.AltModifier))
        return True

    def _invoke(self, button: Any, what: str) -> None:
        names = {Qt.LeftButton: "Left", Qt.MiddleButton: "Middle", Qt.RightButton: "Right"}
        if button in names:
            getattr(self.interactor, f"{names[button]}Button{what}Event")()

    def mousePressEvent(self, event: Any) -> None:
        """Hand a press on."""
        if self._tell(event, _position(event)):
            self._invoke(event.button(), "Press")

    def mouseReleaseEvent(self, event: Any) -> None:
        """Hand a release on."""
        if self._tell(event, _position(event)):
            self._invoke(event.button(), "Release")

    def mouseDoubleClickEvent(self, event: Any) -> None:
        """A double click is a second press, too."""
        if self._tell(event, _position(event), repeat=1):
            self._invoke(event.button(), "Press")
            self._invoke(event.button(), "DoubleClick")

    def mouseMoveEvent(self, event: Any) -> None:
        """Hand a move on."""
        if self._tell(event, _position(event)):
            self.interactor.MouseMoveEvent()

    def enterEvent(self, event: Any) -> None:
        """Tell that the mouse came in."""
        if self._tell(event):
            self.interactor.EnterEvent()

    def leaveEvent(self, event: Any) -> None:
        """Tell that the mouse went away."""
        if self._tell(event):
            self.interactor.LeaveEvent()

    def wheelEvent(self, event: Any) -> None:
        """One event of VTK for each click of the wheel; fine wheels and touch pads add up to clicks."""
        position = event.position() if hasattr(event, "position") else event.pos()
        if not self._tell(event, position):
            return
        delta = event.angleDelta()
        self._wheel += delta.y() or delta.x()  # with Alt held the wheel arrives as a horizontal one
        clicks = int(self._wheel / WHEEL_STEP)
        self._wheel -= clicks * WHEEL_STEP
        turn = (
            self.interactor.MouseWheelForwardEvent if clicks > 0 else self.interactor.MouseWheelBackwardEvent
        )
        for _click in range(abs(clicks)):
            turn()
        event.accept()

    def keyPressEvent(self, event: Any) -> None:
        """Hand a key on; Qt goes on with it when it is of no use here."""
        if self._tell(event, symbol=key_symbol(event)):
            self.interactor.KeyPressEvent()
            self.interactor.CharEvent()
        if event.key() in (Qt.Key_Tab, Qt.Key_Backtab):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: Any) -> None:
        """Hand the release of a key on."""
        if self._tell(event, symbol=key_symbol(event)):
            self.interactor.KeyReleaseEvent()

    def _show_cursor(self, *_event: Any) -> None:
        # the shape is not set yet while VTK tells of it
        QTimer.singleShot(0, self._apply_cursor)

    def _apply_cursor(self) -> None:
        if self.render_window is not None:
            self.setCursor(CURSORS.get(self.render_window.GetCurrentCursor(), Qt.ArrowCursor))

    # Timers of VTK's widgets

    def _create_timer(self, interactor: Any, _event: str) -> None:
        number = interactor.GetTimerEventId()
        timer = QTimer(self)
        timer.setSingleShot(interactor.GetTimerEventType() == interactor.OneShotTimer)
        timer.timeout.connect(_timer_call(self, number))
        timer.start(max(1, interactor.GetTimerEventDuration()))
        self._timers[number] = timer
        interactor.SetTimerEventPlatformId(number)

    def _destroy_timer(self, interactor: Any, _event: str) -> None:
        timer = self._timers.pop(interactor.GetTimerEventPlatformId(), None)
        if timer is not None:
            timer.stop()
            timer.deleteLater()

    def _timer_event(self, number: int) -> None:
        if self.interactor is not None:
            self.interactor.SetTimerEventId(number)
            self.interactor.TimerEvent()


def _bytes_of(data: Any) -> Any:
    return vtk_to_numpy(data)  # type: ignore[no-untyped-call]


def _timer_call(canvas: Canvas, number: int) -> Callable[[], None]:
    return lambda: canvas._timer_event(number)


def _position(event: Any) -> Any:
    return event.position() if hasattr(event, "position") else event.localPos()


class NativeCanvas(Canvas):
    """VTK draws into the window of the widget itself: the way with the graphics card."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.Widget | Qt.MSWindowsOwnDC)
        self.setAttribute(Qt.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WA_PaintOnScreen)
        self._window_id = 0

    def _create_render_window(self) -> Any:
        # without these, all ancestors would become native windows, too, and flicker
        self.setAttribute(Qt.WA_DontCreateNativeAncestors)
        self.setAttribute(Qt.WA_NativeWindow)
        return _window_class()()

    def _take_window(self) -> None:
        """Draw into the window that the widget has now; with another parent Qt may give it another."""
        window_id = int(self.winId())
        if window_id == self._window_id:
            return
        if self._window_id:
            self.render_window.Finalize()
        self.render_window.SetWindowInfo(str(window_id))
        self._window_id = window_id

    def render(self) -> None:
        """Draw now."""
        if self.render_window is not None:
            self._take_window()
            self._match_size()
            self.render_window.Render()

    def paintEngine(self) -> None:
        """Qt shall not paint here."""

    def paintEvent(self, _event: Any) -> None:
        """Draw what was uncovered."""
        self.render()


def _off_screen_window() -> Any:
    """Where Linux has no display, ask for EGL at once: VTK's own search for one complains aloud."""
    if sys.platform == "linux" and not os.environ.get("DISPLAY") and vtkEGLRenderWindow is not None:
        return vtkEGLRenderWindow()
    return _window_class()()


@cache
def _window_class() -> Any:
    """The class by which VTK draws here; asked for any window, it tries what works each time."""
    return type(vtkRenderWindow())


class RasterCanvas(Canvas):
    """VTK draws off screen; the picture is painted as any other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.Widget)
        self.setAttribute(Qt.WA_OpaquePaintEvent)
        self._pixels = vtkUnsignedCharArray()
        self._image: QImage | None = None
        self._buffer: Any = None

    def _create_render_window(self) -> Any:
        window = _off_screen_window()
        window.SetShowWindow(False)
        window.SetUseOffScreenBuffers(True)
        return window

    def render(self) -> None:
        """Draw now, and show it with the next painting of Qt."""
        if self.render_window is None:
            return
        self._match_size()
        self.render_window.Render()
        self._read()
        self.update()

    def _read(self) -> None:
        width, height = self.render_window.GetSize()
        if not width or not height:
            return
        self.render_window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 0, self._pixels)
        # the array is kept: the image does not own its pixels
        self._buffer = _bytes_of(self._pixels)
        self._image = QImage(self._buffer.data, width, height, QImage.Format_RGBX8888)

    def paintEvent(self, _event: Any) -> None:
        """Paint the picture, whose first line is the lowest one."""
        painter = QPainter(self)
        if self._image is None:
            painter.fillRect(self.rect(), Qt.black)
        else:
            painter.translate(0, self.height())
            painter.scale(1, -1)
            painter.drawImage(QRectF(self.rect()), self._image)
        painter.end()

    def dispose(self) -> None:
        """Let go of the picture, too."""
        self._image = self._buffer = None
        super().dispose()
