"""One's own account: the password, where one is signed in, and what is lent to and by others."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, time, timedelta

from wtforms import DateField, PasswordField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, Optional

from app.errors import NOT_FOUND, refuse
from app.pages.faults import NOT_YOURS
from app.pages.forms import PageForm
from app.pages.page import Page, PageAsked, PageReply
from app.people.lending import Lending, LendingRefused
from app.people.signing_in import NotSignedIn, PasswordRefused, SigningIn
from app.store import Role, Store


class PasswordForm(PageForm):
    """Another password."""

    old = PasswordField("Your password now", [InputRequired("Type the password that you have now.")])
    new = PasswordField("New password", [InputRequired("Type a new password.")])
    again = PasswordField("New password again", [InputRequired("Type the new password once more.")])


class LendingForm(PageForm):
    """What to lend to whom, and until when."""

    to_user = SelectField("To", validate_choice=False)
    roles = SelectMultipleField("Roles", validate_choice=False)
    approval_roles = SelectMultipleField("Approval levels", validate_choice=False)
    starts_on = DateField("From", [Optional()])
    ends_on = DateField("Until, that day included", [InputRequired("Say until when.")])
    reason = StringField("Why", [InputRequired("Say why, for the record."), Length(max=500)])


class AccountPages:
    """The pages of one's own account."""

    def __init__(self, store: Store, signing_in: SigningIn, lending: Lending) -> None:
        self._store = store
        self._signing_in = signing_in
        self._lending = lending

    def pages(self) -> tuple[Page, ...]:
        """The account page and its forms."""
        show = Page(
            method="GET",
            path="/account",
            name="account",
            title="Your account",
            handle=self._show,
            template="account.html",
        )
        return (
            show,
            _form_of(show, "/account/password", "password", self._change_password),
            _form_of(show, "/account/sessions/end", "end-sessions", self._end_sessions),
            _form_of(show, "/account/lend", "lend", self._lend),
            _form_of(show, "/account/take-back", "take-back", self._take_back),
        )

    def _show(self, asked: PageAsked) -> PageReply:
        return self._shown(asked, PasswordForm(), LendingForm())

    def _shown(self, asked: PageAsked, password: PageForm, lending: PageForm, status: int = 200) -> PageReply:
        user = asked.user.user
        users = self._store.people.all()
        lending.to_user.choices = [
            (each.user_id, each.display_name or each.name)
            for each in users
            if each.is_active and each.user_id != user.user_id
        ]
        lending.roles.choices = [(role.value, role.value) for role in sorted(user.roles)]
        lending.approval_roles.choices = [(role, role) for role in sorted(user.approval_roles)]
        context = {
            "password": password,
            "lending": lending,
            "sessions": self._store.sessions.of(user.user_id, idle=self._signing_in.span.idle),
            "delegations": self._store.people.delegations_of(user.user_id),
            "names": {each.user_id: each.display_name or each.name for each in users},
        }
        return PageReply(template="account.html", context=context, status=status, title="Your account")

    def _change_password(self, asked: PageAsked) -> PageReply:
        form = PasswordForm.of(asked)
        if form.validate() and form.new.data != form.again.data:
            form.again.errors = ["This is not the same as the new password."]
        if not form.errors and asked.signed_in is not None:
            try:
                self._signing_in.change_password(asked.signed_in, form.old.data, form.new.data, asked.browser)
            except PasswordRefused as refused:
                form[refused.which].errors = [str(refused)]
            except NotSignedIn:
                form.old.errors = ["There were too many attempts. Wait a while and try again."]
            else:
                return PageReply.to("/account", "The password is changed. Other browsers are signed out.")
        return self._shown(asked, form, LendingForm(), 422)

    def _end_sessions(self, asked: PageAsked) -> PageReply:
        wanted = asked.form.get("session_id", "")
        if wanted:
            ended = int(self._store.sessions.end(asked.user.id, wanted))
        else:
            ended = self._store.sessions.end_all(asked.user.id, but=asked.session.session_id)
        self._store.access.add(asked.user.did("ended-sessions", "user", asked.user.id, str(ended)))
        return PageReply.to("/account", "Signed out there." if ended else "There was nothing to sign out.")

    def _lend(self, asked: PageAsked) -> PageReply:
        form = LendingForm.of(asked)
        if form.validate():
            starts = asked.now if form.starts_on.data is None else _at_midnight(form.starts_on.data)
            try:
                self._lending.lend(
                    asked.user,
                    to_user=form.to_user.data or "",
                    roles=frozenset(Role(role) for role in form.roles.data or () if role in tuple(Role)),
                    approval_roles=frozenset(form.approval_roles.data or ()),
                    starts_at=max(starts, asked.now),
                    ends_at=_at_midnight(form.ends_on.data) + timedelta(days=1),
                    reason=form.reason.data,
                )
            except LendingRefused as refused:
                form[refused.which].errors = [str(refused)]
            else:
                return PageReply.to("/account", "It is lent, and on record.")
        return self._shown(asked, PasswordForm(), form, 422)

    def _take_back(self, asked: PageAsked) -> PageReply:
        delegation = self._store.people.delegation(asked.form.get("delegation_id", ""))
        if delegation is None:
            raise refuse(NOT_FOUND, "There is no such delegation.")
        if asked.user.id not in (delegation.from_user, delegation.to_user) and not asked.user.may(Role.ADMIN):
            raise refuse(NOT_YOURS, "Only who gave it or got it can end it.")
        by = asked.user.did("took-back", "delegation", delegation.delegation_id)
        done = self._store.people.take_back(delegation.delegation_id, by=by)
        return PageReply.to("/account", "It is ended." if done else "It had ended already.")


def _form_of(page: Page, path: str, name: str, handle: object) -> Page:
    return dataclasses.replace(page, method="POST", path=path, name=name, handle=handle)  # type: ignore[arg-type]


def _at_midnight(day: object) -> datetime:
    return datetime.combine(day, time(), UTC)  # type: ignore[arg-type]
