"""The visual browser's servers: buttons, the panel of jobs and servers, and what scripts call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QPushButton, QSplitter, QWidget

from DICOMLib.widgets.network.scheduler_servers import ServersOfScheduler
from DICOMLib.widgets.progress import GuiDelivery
from DICOMLib.widgets.translation import _
from DICOMLib.widgets.visual.filter_bar import FilterBar
from DICOMLib.widgets.visual.query_state import QueryState
from DICOMLib.widgets.visual.retrieval import VisualRetrieval

if TYPE_CHECKING:
    from DICOMLib.compat.ctkDICOMScheduler import ctkDICOMScheduler
    from DICOMLib.widgets.network.panel import NetworkPanel


class VisualServers(ServersOfScheduler, VisualRetrieval):
    """Methods of the visual browser about servers; scheduler and panel are made when first needed."""

    filterBar: FilterBar
    _parts: QSplitter  # what is shown of the database, and below it the panel
    _network_panel: NetworkPanel | None = None
    _always_show_query = True

    @property
    def alwaysShowQueryButton(self) -> bool:
        """Whether the button Query is there also while no server is enabled for queries."""
        return self._always_show_query

    @alwaysShowQueryButton.setter
    def alwaysShowQueryButton(self, always: bool) -> None:
        self._always_show_query = bool(always)
        self._show_query_button()

    def _show_query_button(self) -> None:
        self.queryButton.setVisible(self._always_show_query or bool(self._query_servers()))

    def _build_servers(self, parent: QWidget) -> None:
        """Buttons that ask servers, stop asking, and open the panel."""
        self.queryButton = QPushButton(_("Query"), parent)
        self._query_state = QueryState(self.queryButton, self._show_emptiness, self._query_goes_on)
        self.stopButton = QPushButton(_("Stop"), parent)
        self.stopButton.setToolTip(_("Stop asking servers and retrieving from them"))
        self.stopButton.setEnabled(False)
        self.networkButton = QPushButton(_("Jobs and servers"), parent)
        self.networkButton.setToolTip(_("Show what is being asked and retrieved, and the list of servers"))
        self.networkButton.setCheckable(True)
        self.queryButton.clicked.connect(lambda _checked=False: self.onQueryPatients())
        self.stopButton.clicked.connect(lambda _checked=False: self.onStop())
        self.networkButton.toggled.connect(lambda shown: self.networkPanel().setVisible(shown))
        self.filterBar.submitted.connect(self.onQueryPatients)
        self.filterBar.changed.connect(self._query_state.forget)

    def _show_emptiness(self) -> None:
        """Say why nothing is shown, where that is so."""
        raise NotImplementedError

    def networkPanel(self) -> NetworkPanel:
        """The panel with the jobs and the servers."""
        self.scheduler()
        assert self._network_panel is not None
        return self._network_panel

    def scheduler(self) -> ctkDICOMScheduler:
        """What does the queries and retrieves; its servers are those of the browser."""
        if self._scheduler is None:
            from DICOMLib.compat.ctkDICOMScheduler import ctkDICOMScheduler

            self.setScheduler(ctkDICOMScheduler())
        assert self._scheduler is not None
        return self._scheduler

    def setScheduler(self, scheduler: ctkDICOMScheduler) -> None:
        """Use another one; it gets the servers of the settings, and what it finds goes into the database."""
        from DICOMLib.widgets.network.panel import NetworkPanel

        if self._scheduler is not None:
            self._news.drop()
        self._news = GuiDelivery(self)
        self._scheduler = scheduler
        scheduler.setDicomDatabase(self._database)
        self._follow_jobs(scheduler)
        if self._network_panel is None:
            self._network_panel = NetworkPanel(self._parts)
            self._parts.addWidget(self._network_panel)
        self._network_panel.setScheduler(scheduler)
        scheduler.serverModified.connect(lambda _name: self._news.post(self._show_query_button))

    # Panel

    def openServerSettingsSection(self) -> None:
        """Show the list of servers."""
        panel = self.networkPanel()
        panel.setCurrentWidget(panel.settings)
        self.networkButton.setChecked(True)

    def openJobsSection(self) -> None:
        """Show the list of jobs."""
        panel = self.networkPanel()
        panel.setCurrentWidget(panel.jobs)
        self.networkButton.setChecked(True)

    def jobListWidget(self) -> QWidget:
        """The list of jobs."""
        return self.networkPanel().jobs

    def jobListGroupBox(self) -> QWidget:
        """What holds the list of jobs."""
        return self.networkPanel()

    def serverSettingsWidget(self) -> QWidget:
        """The settings of servers."""
        return self.networkPanel().settings

    def serverSettingsGroupBox(self) -> QWidget:
        """What holds the settings of servers."""
        return self.networkPanel()

    @property
    def storageAETitle(self) -> str:
        """AE title under which this program takes what servers send."""
        return self.networkPanel().settings.storageAETitle

    @storageAETitle.setter
    def storageAETitle(self, title: str) -> None:
        self.networkPanel().settings.storageAETitle = title

    @property
    def storagePort(self) -> int:
        """TCP port at which it does."""
        return self.networkPanel().settings.storagePort

    @storagePort.setter
    def storagePort(self, port: int) -> None:
        self.networkPanel().settings.storagePort = port

    # Servers

    def serversCount(self) -> int:
        """How many servers there are."""
        return self.scheduler().serversCount()
