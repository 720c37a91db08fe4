"""The page in a real browser: by mouse, by keyboard, on a phone, and with a note that wants to break it."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def find(page, question: str):
    page.fill("#question", question)
    page.keyboard.press("Enter")
    page.locator(".count", has_text="best first").wait_for()


def open_note(page, title: str):
    page.locator(".hits h3 button", has_text=title).first.click()
    page.locator("#note h2", has_text=title).wait_for()


def titles(page) -> list[str]:
    return page.locator(".hits h3").all_inner_texts()


def test_all_notes_come_first_the_newest_on_top(visit, notes):
    page = visit()
    assert titles(page) == [n["title"] for n in sorted(notes, key=lambda n: n["date"], reverse=True)]
    assert page.locator("#size").inner_text() == "7 notes of 3 patients"


def test_a_question_finds_notes_and_shows_why(visit):
    page = visit()
    find(page, "lungs clear")
    assert titles(page) == ["Radiology report, 2024-04-11"]
    assert page.locator(".excerpt mark").all_inner_texts() == ["Lungs", "clear"]


def test_filters_narrow_and_can_be_taken_back(visit):
    page = visit()
    page.get_by_label("Consult note").check()
    page.locator(".count", has_text="1 note,").wait_for()
    assert titles(page) == ["Consult note, 2024-03-09"]
    page.get_by_role("button", name="Remove Type Consult note").click()
    page.locator(".count", has_text="7 notes").wait_for()
    page.get_by_label("from").fill("2024-02-01")
    page.get_by_label("to", exact=True).fill("2024-03-31")
    page.locator(".count", has_text="2 notes").wait_for()
    page.get_by_role("button", name="Clear filters").click()
    page.locator(".count", has_text="7 notes").wait_for()
    page.get_by_label("p2").check()
    page.locator(".count", has_text="2 notes").wait_for()


def test_a_code_is_found_by_a_name_and_what_is_denied_does_not_count(visit):
    page = visit()
    page.get_by_role("combobox", name="Code or entity").press_sequentially("feve")
    page.locator("#search [role=option]").first.wait_for()
    page.keyboard.press("Enter")
    page.locator(".count", has_text="1 note,").wait_for()
    assert titles(page) == ["Progress note, 2024-02-01"]  # n3; n1 and n4 deny it


def test_entities_are_marked_where_they_stand(visit):
    page = visit()
    open_note(page, "Progress note, 2024-01-05")
    marks = page.locator(".text mark")
    assert marks.all_inner_texts() == ["diabetes", "metformin", "fever"]
    assert "denied" in marks.nth(2).get_attribute("class")
    assert "denied" not in marks.nth(0).get_attribute("class")
    assert "E11.9" in marks.nth(0).get_attribute("title")
    assert page.locator(".text").inner_text().endswith("Café \U0001f642.")
    assert page.locator(".legend li").all_inner_texts() == [
        "Conditions and symptoms",
        "Medications",
        "denied",
    ]


def test_overlapping_entities_are_both_there(visit):
    page = visit()
    open_note(page, "Progress note, 2024-02-01")
    pieces = [t for t in page.locator(".text mark").all_inner_texts() if "fever" not in t]
    assert pieces == ["diabetes", "chronic ", "kidney disease"]
    both = page.locator(".text mark.several")
    assert both.all_inner_texts() == ["kidney disease"]
    assert all(code in both.get_attribute("title") for code in ("N18.9", "N18.30"))
    both.click()
    assert page.locator(".listed tr.chosen .code").inner_text() == "N18.30"  # the longer one first
    both.click()
    assert page.locator(".listed tr.chosen .code").inner_text() == "N18.9"


def test_the_graph_grows_to_notes_that_share_an_entity(visit):
    page = visit()
    open_note(page, "Progress note, 2024-01-05")
    assert page.locator(".node.entity").count() == 3
    node = page.locator(".node.entity", has_text="diabetes")
    node.click()
    page.locator(".node.other").first.wait_for()
    # n2, n3 and the hostile one have it; n6 says it of a relative
    assert page.locator(".node.other").count() == 3
    assert page.locator(".text mark.chosen").all_inner_texts() == ["diabetes"]
    page.locator(".node.other", has_text="Consult note").click()
    page.locator("#note h2", has_text="Consult note, 2024-03-09").wait_for()
    page.go_back()
    page.locator("#note h2", has_text="Progress note, 2024-01-05").wait_for()


def test_nodes_and_boxes_can_be_dragged_and_hovered(visit):
    page = visit()
    open_note(page, "Progress note, 2024-01-05")
    circle = page.locator(".node.entity circle").first
    circle.hover()
    assert page.locator(".links path.lit").count() == 1
    assert "Type 2 diabetes" in page.locator(".detail").inner_text()
    before = circle.bounding_box()
    page.mouse.down()
    page.mouse.move(before["x"] + 60, before["y"] + 45, steps=5)
    page.mouse.up()
    after = circle.bounding_box()
    assert after["x"] - before["x"] > 40
    assert after["y"] - before["y"] > 30
    assert page.locator(".node.other").count() == 0  # a drag is no click
    head = page.locator(".box .head", has_text="Medications").bounding_box()
    node = page.locator(".node.entity", has_text="metformin").locator("circle")
    before = node.bounding_box()
    page.mouse.move(head["x"] + 5, head["y"] + 5)
    page.mouse.down()
    page.mouse.move(head["x"] + 5, head["y"] + 65, steps=5)
    page.mouse.up()
    assert node.bounding_box()["y"] - before["y"] > 50


def test_a_cohort_is_chosen_by_what_patients_have_and_lack(visit):
    page = visit()
    page.get_by_role("button", name="Cohort").click()
    field = page.get_by_role("combobox", name="Add a condition, medication or code")
    field.press_sequentially("E11")
    page.locator("#cohort [role=option]").first.wait_for()
    page.keyboard.press("Enter")
    page.locator(".cohort h3", has_text="2 patients").wait_for()  # not p3, whose mother has it
    rows = page.locator(".cohort table").first.locator("tbody th")
    assert sorted(rows.all_inner_texts()) == ["p1", "p2"]
    field.press_sequentially("metf")
    page.locator("#cohort [role=option]").first.wait_for()
    page.keyboard.press("Enter")
    page.locator(".cohort h3", has_text="1 patient").wait_for()
    page.get_by_role("button", name="has metformin: change").click()
    page.locator(".cohort th", has_text="p2").wait_for()
    assert rows.all_inner_texts() == ["p2"]
    page.get_by_role("button", name="Notes of patient p2").click()
    page.locator(".count", has_text="1 note").wait_for()


def test_patients_like_the_one_of_a_note(visit):
    page = visit()
    open_note(page, "Progress note, 2024-01-05")
    page.get_by_text("Patients like this one").click()
    rows = page.locator(".alike tbody tr")
    rows.first.wait_for()
    cells = [row.locator("th, td").all_inner_texts() for row in rows.all()]
    assert cells == [["p3", "50 %", "I10 Hypertension; E11.9"], ["p2", "25 %", "E11.9 Type 2 diabetes"]]
    rows.first.get_by_role("button").click()
    page.locator(".count", has_text="2 notes").wait_for()


def test_by_keyboard_alone(visit):
    page = visit()
    assert page.evaluate("document.activeElement.id") == "question"
    page.keyboard.type("kidney disease")
    page.keyboard.press("Enter")
    page.locator(".count", has_text="best first").wait_for()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.hits h3 button')"):
            break
    page.keyboard.press("Enter")
    page.locator("#note h2").wait_for()
    assert page.evaluate("document.activeElement.localName") == "h2"
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.node.note')"):
            break
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.matches('.node.entity')")
    where = "document.activeElement.getAttribute('transform')"
    before = page.evaluate(where)
    page.keyboard.press("Shift+ArrowRight")
    assert page.evaluate(where) != before
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert "diabetes" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.locator(".node.other").first.wait_for()
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    page.locator(".node.other:focus").wait_for()
    page.keyboard.press("Enter")
    page.locator("#note h2:focus").wait_for()
    page.keyboard.press("/")
    page.locator("#question:focus").wait_for()


def test_what_the_graph_shows_is_a_table_too(visit):
    page = visit()
    open_note(page, "Progress note, 2024-01-05")
    rows = [
        r.all_inner_texts() for r in (row.locator("th, td") for row in page.locator(".listed tbody tr").all())
    ]
    assert sorted([*r[:2], r[2].replace("\u00d7", " times"), r[3]] for r in rows) == [
        ["Fever, unspecified", "R50.9", "1 times denied", "1"],
        ["Type 2 diabetes mellitus without complications", "E11.9", "1 times", "4"],
        ["metformin", "6809", "1 times", "1"],
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_it_fits_and_reads_well(visit, width, scheme, contrasts):
    page = visit(viewport={"width": width, "height": 760}, color_scheme=scheme)

    def fits():
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(contrasts) == []

    page.locator("details.filters").evaluate("e => e.open = true")
    fits()
    find(page, "fever")
    fits()
    open_note(page, "Progress note, 2024-02-01")
    page.locator("details.listed").evaluate("e => e.open = true")
    page.locator(".node.entity").first.click()
    page.locator(".node.other").first.wait_for()
    page.mouse.move(1, 1)
    fits()
    page.get_by_role("button", name="Cohort").click()
    page.get_by_role("combobox", name="Add a condition").press_sequentially("I10")
    page.locator("#cohort [role=option]").first.wait_for()
    fits()
    page.keyboard.press("Enter")
    page.locator(".cohort table").first.wait_for()
    fits()


def test_a_hostile_note_is_text(visit, notes):
    page = visit()
    find(page, "DROP TABLE documents")
    assert "DROP TABLE" in page.locator(".excerpt").first.inner_text()
    open_note(page, "2025-02-02")
    text = notes[-1]["text"]
    assert page.evaluate("document.querySelector('.text').textContent") == text
    assert page.evaluate("document.querySelector('#note h2').textContent") == notes[-1]["title"]
    assert page.locator(".text mark").all_inner_texts() == ["diabetes"]
    assert page.locator("main script, main img").count() == 0


def test_without_the_key_there_is_the_page_and_no_data(browser, served):
    page = browser.new_page()
    page.goto(served.origin)
    page.locator("#trouble", has_text="The key is missing").wait_for()
    assert page.locator(".hits li").count() == 0
    page.goto(served.address)
    page.locator(".hits li").first.wait_for()
    page.reload()
    page.locator(".hits li").first.wait_for()
    page.close()
