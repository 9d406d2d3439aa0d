"""The people page: made, changed and disabled by administrators, looked at by auditors, hostile names and all."""

from app.store import Role
from tests.pages import a_user, words

FIRST = "a first password"


def test_an_administrator_makes_a_user_who_may_sign_in(site):
    admin = site.visit("admin")
    answer = admin.post("/people", name="Rita", password=FIRST, display_name="Rita Rep", roles="rep", rep_id="r-1")
    assert answer.status_code == 303
    rita = site.store.people.named("rita")
    assert (rita.roles, rita.rep_id) == ({Role.REP}, "r-1")
    assert site.visit().sign_in("rita", FIRST).status_code == 303


def test_what_is_wrong_with_a_new_user_is_said_at_its_field(site):
    admin = site.visit("admin")
    for fields, said in (
        ({"name": "admin"}, "There is a user admin already."),
        ({"name": "two words"}, "Use small letters"),
        ({"name": "x", "password": "short"}, "at least 12"),
        ({"name": "x", "display_name": "n" * 10_000}, "longer than 200"),
        ({"name": "x", "approval_roles": "cfo"}, "give the role approver"),
    ):
        answer = admin.post("/people", **{"password": FIRST, **fields})
        assert (answer.status_code, said in words(answer)) == (422, True), said


def test_only_administrators_change_people_and_auditors_look(site):
    assert site.visit("analyst").get("/people").status_code == 403
    auditor = site.visit("auditor")
    assert "Somebody new" not in words(auditor.get("/people"))
    assert auditor.post("/people", name="x", password=FIRST, page="/account").status_code == 403


def test_a_disabled_user_is_out_at_once_and_the_last_administrator_stays(site):
    admin, ann = site.visit("admin"), site.visit("analyst", name="ann")
    admin.post("/people/ann/disable")
    assert ann.get("/account").status_code == 303
    admin.post("/people/admin/disable")
    assert "There must be an administrator left." in words(admin.get("/people/admin"))
    admin.post("/people/ann/enable")
    assert ann.sign_in("ann").status_code == 303


def test_roles_change_at_the_next_request(site):
    admin, ann = site.visit("admin"), site.visit("analyst", name="ann")
    admin.post("/people/ann/roles", display_name="Ann", roles=["analyst", "auditor"])
    assert ann.get("/people").status_code == 200


def test_names_are_shown_and_never_obeyed(site):
    name = "<script>alert(1)</script>\u202egnp.exe" + "x" * 10_000
    a_user(site.store, "eve", "rep", display_name=name)
    a_user(site.store, "nameless", "rep", display_name="   ")
    page = site.visit("admin").get("/people")
    assert "<script>alert" not in page.text
    assert "\u202e" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert len(page.data) < 40_000
    eve = site.visit("rep", name="eve").get("/account")
    assert "<script>alert" not in eve.text
