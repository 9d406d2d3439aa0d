"""What is refused on the way to a page, beside what the API refuses as well."""

from __future__ import annotations

from typing import Final

from app.errors import Kind

NOT_YOURS: Final = Kind(
    code="not-your-role",
    status=403,
    title="This page is for others",
    advice="Ask an administrator for the role, or somebody who has it to lend it to you for a while.",
)
FORGED: Final = Kind(
    code="forged-form",
    status=403,
    title="The form did not come from here",
    advice="Nothing was done. Open the page again and send its form once more; what you typed is still there when you go back.",
)
NOT_DONE: Final = Kind(
    code="not-done",
    status=409,
    title="Somebody was faster",
    advice="What you wanted to change has changed meanwhile. Look at it again.",
)
