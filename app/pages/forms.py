"""Forms: WTForms without its own CSRF, which the frame does for every form."""

from __future__ import annotations

from wtforms import Form

from app.pages.page import PageAsked


class PageForm(Form):  # type: ignore[misc]
    """A form of a page. Texts are stripped of nothing; a field says by itself what it takes."""

    @classmethod
    def of(cls, asked: PageAsked, **data: object) -> PageForm:
        """The form as it was sent, or with its first values where nothing was."""
        return cls(asked.form if asked.method == "POST" else None, **data)
