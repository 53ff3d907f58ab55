"""What all parts have: a heading, a place for what is wrong, and the answer as a file."""

from abc import ABC, abstractmethod

from nicegui import ui

from ingestion.errors import ShopstreamError
from serving.dashboard.choice import Choice
from serving.logs import LOGGER
from serving.problems import ProblemError
from serving.shop.answer import ShopAnswer
from serving.shop.comma_separated import comma_separated
from serving.shop.period import Period
from serving.shop.shop_metrics import ShopMetrics


class Panel(ABC):
    """A card on the page. ``refresh`` asks and shows; what goes wrong is said in it, and the last figures stay."""

    title = ""
    hint = ""

    def __init__(self, shop: ShopMetrics) -> None:
        self.shop = shop
        self.answer: ShopAnswer | None = None
        region = ui.card().classes("w-full min-w-0 gap-2").props(f'role=region aria-label="{self.title}"')
        with region.props(f'data-test="{type(self).__name__}"'):
            with ui.row().classes("w-full items-baseline no-wrap"):
                ui.label(self.title).classes("text-base font-semibold").props("role=heading aria-level=2")
                ui.label(self.hint).classes("text-xs opacity-70 grow")
                self._file = (
                    ui.button(icon="download", on_click=self._download)
                    .props(f'flat dense round size=sm aria-label="Download {self.title} as CSV"')
                    .classes("opacity-70")
                )
            self._problem = ui.label().classes("text-sm text-amber-700 dark:text-amber-300").props("role=status")
            self._problem.set_visibility(False)
            self.build()

    @abstractmethod
    def build(self) -> None:
        """Make the elements, empty."""

    @abstractmethod
    async def load(self, choice: Choice, period: Period) -> list[ShopAnswer]:
        """Ask and show; return the answers, the one to download first."""

    async def refresh(self, choice: Choice, period: Period) -> None:
        """Ask anew; raises nothing for what a viewer can be told."""
        try:
            answers = await self.load(choice, period)
        except (ProblemError, ShopstreamError) as error:
            self._say(getattr(error, "detail", str(error)))
            return
        except Exception:  # one part must not take the others with it; the log has it
            LOGGER.exception("a part of the dashboard failed", extra={"panel": type(self).__name__})
            self._say("This part cannot be shown; the scorer's log says why.")
            return
        self.answer = answers[0]
        problems = dict.fromkeys(problem for answer in answers for problem in answer.problems)
        if any(answer.truncated for answer in answers):
            problems["There is more than is shown here."] = None
        self._say(" ".join(problems))

    def _say(self, text: str) -> None:
        self._problem.set_text(text)
        self._problem.set_visibility(bool(text))

    def _download(self) -> None:
        if self.answer is not None:
            ui.download.content(comma_separated(self.answer), f"{self.answer.result}.csv", "text/csv")
