"""People: who may sign in, as what, and what is lent between them. For administrators; auditors may look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wtforms import PasswordField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length

from app.errors import NOT_FOUND, refuse
from app.pages.forms import PageForm
from app.pages.page import Nav, Page, PageAsked, PageReply
from app.people.person import Person
from app.people.registry import Registry, UserRefused, Wanted, approval_roles_of
from app.rules import Rules
from app.store import Role, Store, User

_ADMIN: Final = frozenset({Role.ADMIN})
_LOOKS: Final = frozenset({Role.ADMIN, Role.AUDITOR})


class UserForm(PageForm):
    """What a user is."""

    display_name = StringField("Called", [Length(max=200)])
    email = StringField("E-mail", [Length(max=200)])
    roles = SelectMultipleField("Roles", validate_choice=False)
    approval_roles = SelectMultipleField("Approval levels", validate_choice=False)
    rep_id = StringField("Rep id on quotes", [Length(max=200)])


class NewUserForm(UserForm):
    """A new user."""

    name = StringField("Signs in as", [InputRequired("Give a name to sign in with."), Length(max=100)])
    password = PasswordField("First password", [InputRequired("Give a password, and have it changed.")])


class SetPasswordForm(PageForm):
    """Another password, given by an administrator."""

    password = PasswordField("New password", [InputRequired("Give a password.")])


class PeoplePages:
    """The list of people, and a page for each."""

    def __init__(self, store: Store, registry: Registry, rules: Callable[[], Rules]) -> None:
        self._store = store
        self._registry = registry
        self._rules = rules

    def pages(self) -> tuple[Page, ...]:
        """The list, each user's page, and their forms."""

        def page(method: str, path: str, name: str, handle: Callable[[PageAsked], PageReply], **more: object) -> Page:
            roles = _LOOKS if method == "GET" else _ADMIN
            return Page(method=method, path=path, name=name, title="People", handle=handle, roles=roles, **more)  # type: ignore[arg-type]

        return (
            page("GET", "/people", "people", self._list, nav=Nav(label="People", order=90)),
            page("POST", "/people", "create-user", self._create),
            page("GET", "/people/{name}", "person", self._show),
            page("POST", "/people/{name}/roles", "change-user", self._change),
            page("POST", "/people/{name}/password", "set-password", self._set_password),
            page("POST", "/people/{name}/disable", "disable-user", self._disable),
            page("POST", "/people/{name}/enable", "enable-user", self._enable),
        )

    def _list(self, asked: PageAsked) -> PageReply:
        return self._listed(asked, NewUserForm())

    def _listed(self, asked: PageAsked, form: PageForm, status: int = 200) -> PageReply:
        self._offer(form)
        users = self._store.people.all()
        context = {
            "users": users,
            "form": form,
            "delegations": [each for each in self._store.people.delegations_of() if each.ends_at > asked.now],
            "names": {each.user_id: each.display_name for each in users},
            "may_change": asked.user.may(Role.ADMIN),
        }
        return PageReply(template="people.html", context=context, status=status)

    def _create(self, asked: PageAsked) -> PageReply:
        form = NewUserForm.of(asked)
        if form.validate():
            try:
                user = self._registry.create(_wanted(form, form.name.data), form.password.data, asked.user.did)
            except UserRefused as refused:
                form[refused.which].errors = [str(refused)]
            else:
                return PageReply.to("/people", f"{user.name} may sign in.")
        return self._listed(asked, form, 422)

    def _show(self, asked: PageAsked) -> PageReply:
        user = self._user(asked)
        form = UserForm(
            None,
            display_name=user.display_name,
            email=user.email or "",
            roles=[role.value for role in user.roles],
            approval_roles=list(user.approval_roles),
            rep_id=user.rep_id or "",
        )
        return self._shown(asked, user, form, SetPasswordForm())

    def _shown(self, asked: PageAsked, user: User, form: PageForm, password: PageForm, status: int = 200) -> PageReply:
        self._offer(form, *user.approval_roles)
        context = {
            "of": user,
            "form": form,
            "password": password,
            "delegations": self._store.people.delegations_of(user.user_id),
            "names": {each.user_id: each.display_name for each in self._store.people.all()},
            "may_change": asked.user.may(Role.ADMIN),
        }
        title = Person(user=user).name[:80]
        return PageReply(template="person.html", context=context, status=status, title=title)

    def _change(self, asked: PageAsked) -> PageReply:
        user, form = self._user(asked), UserForm.of(asked)
        if form.validate():
            try:
                self._registry.change(user, _wanted(form, user.name), asked.user.did)
            except UserRefused as refused:
                form[refused.which].errors = [str(refused)]
            else:
                return PageReply.to(f"/people/{user.name}", "It is changed.")
        return self._shown(asked, user, form, SetPasswordForm(), 422)

    def _set_password(self, asked: PageAsked) -> PageReply:
        user, form = self._user(asked), SetPasswordForm.of(asked)
        if form.validate():
            try:
                self._registry.set_password(user, form.password.data, asked.user.did)
            except UserRefused as refused:
                form.password.errors = [str(refused)]
            else:
                return PageReply.to(f"/people/{user.name}", "The password is set, and every session is ended.")
        return self._shown(asked, user, UserForm(), form, 422)

    def _disable(self, asked: PageAsked) -> PageReply:
        user = self._user(asked)
        try:
            self._registry.disable(user, asked.user.did)
        except UserRefused as refused:
            return PageReply.to(f"/people/{user.name}", str(refused))
        return PageReply.to(f"/people/{user.name}", "Disabled, and signed out everywhere.")

    def _enable(self, asked: PageAsked) -> PageReply:
        user = self._registry.enable(self._user(asked), asked.user.did)
        return PageReply.to(f"/people/{user.name}", "May sign in again.")

    def _user(self, asked: PageAsked) -> User:
        found = self._store.people.named(asked.path["name"])
        if found is None:
            raise refuse(NOT_FOUND, "There is nobody of this name.")
        return found

    def _offer(self, form: PageForm, *own: str) -> None:
        """The choices of a form. A company without tables has no levels but those that somebody has already."""
        if "roles" in form:
            levels = dict.fromkeys((*approval_roles_of(self._rules().company), *own))
            form.roles.choices = [(role.value, role.value) for role in Role]
            form.approval_roles.choices = [(level, level) for level in levels]


def _wanted(form: PageForm, name: str) -> Wanted:
    return Wanted(
        name=name,
        display_name=form.display_name.data or "",
        email=(form.email.data or "").strip() or None,
        roles=frozenset(Role(role) for role in form.roles.data or () if role in tuple(Role)),
        approval_roles=frozenset(form.approval_roles.data or ()),
        rep_id=(form.rep_id.data or "").strip() or None,
    )
