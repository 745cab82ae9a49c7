"""The claim screen: the whole of one claim, to read and to scroll."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from fftui.tui.claims_backend import ShownClaim, ShownClaims
from fftui.tui.glass import literal
from fftui.tui.glyphs import glyphs, plain
from fftui.tui.style_names import StyleName
from fftui.tui.widgets.footer import Footer

VERDICT_STYLES: dict[str, StyleName] = {
    "holds": "good",
    "does not hold": "bad",
    "only as the paper ran it": "warn",
    "not as the paper ran it, but with care": "warn",
    "cannot tell": "second",
    "not run here": "dim",
}
TITLES = {
    "paper": "The paper's numbers",
    "as paper": "Found with the paper's recipe",
    "corrected": "Found in the corrected experiment",
    "why": "Why this verdict",
    "runs": "Runs",
    "rule": "The rule",
    "ran": "What was run",
}


class ClaimScreen(Screen[None]):
    """One claim with its verdict, the paper's numbers, the rule, and what was run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,n", "step(1)", "Next", key_display="n"),
        Binding("left,p", "step(-1)", "Previous", key_display="p"),
        Binding("b,escape", "app.pop_screen", "Back", key_display="b"),
    ]
    HELP = """
    The whole of one claim: its verdict, what the paper says, what was found with the paper's recipe
    and in the corrected experiment, why the verdict is what it is (and what would tell, where it is
    open), the rule, and each set-up that was run with its 95 % interval. Arrows scroll; n and p
    show the next and the previous claim.
    """

    def __init__(self, judged: ShownClaims, index: int) -> None:
        super().__init__()
        self._judged = judged
        self._index = index

    @property
    def claim(self) -> ShownClaim:
        """The claim on screen."""
        return self._judged.claims[self._index]

    def compose(self) -> ComposeResult:
        """The text, which scrolls, and the keys."""
        yield VerticalScroll(id="claim")
        yield Footer()

    async def on_mount(self) -> None:
        """Show the claim."""
        self.query_one("#claim").focus()
        await self.show()

    async def show(self) -> None:
        """Write the text of the claim."""
        page, claim = self.query_one("#claim", VerticalScroll), self.claim
        ascii_only = self.app.has_class("-ascii")
        sign = glyphs(ascii_only).verdicts.get(claim.verdict, "")
        title = f"claim {self._index + 1} of {len(self._judged.claims)}: {claim.id}"
        page.border_title = literal(title)
        style = VERDICT_STYLES.get(claim.verdict, "dim")
        parts = [
            Static(claim.statement, classes="statement", markup=False),
            Static(f"{sign} {claim.verdict}", classes=f"verdict -{style}", markup=False),
        ]
        title = ""
        for name, text in claim.sections:
            if name in TITLES:
                if TITLES[name] != title:
                    title = TITLES[name]
                    parts.append(Static(title, classes="part", markup=False))
                parts.append(Static(plain(text, ascii_only), classes="words", markup=False))
        parts.append(Static("For all claims", classes="part", markup=False))
        parts += [
            Static(plain(text, ascii_only), classes="words", markup=False)
            for text in self._judged.notes
        ]
        await page.remove_children()
        await page.mount_all(parts)
        page.scroll_home(animate=False)

    async def action_step(self, by: int) -> None:
        """Show the claim `by` places further, round and round."""
        self._index = (self._index + by) % len(self._judged.claims)
        await self.show()
