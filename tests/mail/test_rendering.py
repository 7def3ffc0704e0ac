"""Letters as people read them: both languages, both forms, and names that mean harm."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.headerregistry import AddressHeader
from email.policy import default
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.http import Locale, translator
from doorward.mail import Letter, Opened, Parcel, Recipient, Sender, Template, render_letter
from doorward.mail.model import WaitingLetter, pack_words
from doorward.mail.rendering import build_message
from doorward.mail.wording import WORDING
from tests.mail.letters import LINK, make_letter

NOON = 1_795_348_800_000_000
VALUES = {
    "app": "Tally",
    "person": "Ada Lovelace",
    "last4": "x7Qp",
    "passkey": "Chrome on Linux",
    "device": "Firefox on Windows",
    "address": "bo@example.net",
    "left": "3",
    "platform": "Ledger",
    "matter": "The credentials have ended.",
}
EVIL = '<img src=x onerror=alert(1)>"\r\nBcc: all@example.org\x00\u202e'
HELP = "https://river.example/help"


def render(letter: Letter, link: str | None = LINK) -> Parcel:
    """The letter as the outbox would hand it over."""
    row = (
        letter.org_id,
        7,
        letter.template,
        letter.recipient.address,
        letter.recipient.locale,
        pack_words(letter),
        None,
        1,
        NOON,
    )
    return render_letter(WaitingLetter.from_row(row), Opened(link))


def letter_in(locale: Locale, template: Template = Template.INVITATION, **fields: Any) -> Letter:
    """A letter with everything in it."""
    given: dict[str, Any] = {
        "template": template,
        "sender": Sender("River Trust", HELP),
        "recipient": Recipient("bo@example.org", locale, given_name="Bo", family_name="Li"),
        "values": VALUES,
        "expires_at": NOON,
        **fields,
    }
    return make_letter(**given)


def as_sent(parcel: Parcel, reply_to: str | None = None) -> Any:
    """What arrives, read anew from the bytes."""
    sent = build_message(parcel, mail_from="door@river.example", reply_to=reply_to, now=NOON)
    return message_from_bytes(sent.as_bytes(), policy=default)


class _Tags(HTMLParser):
    """Every tag with its attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, name: str) -> list[dict[str, str | None]]:
        """The attributes of every such tag."""
        return [attrs for tag, attrs in self.tags if tag == name]


@pytest.mark.parametrize("locale", ["en", "ja"])
@pytest.mark.parametrize("template", list(Template))
def test_every_letter_is_whole_in_both_forms(template: Template, locale: Locale) -> None:
    """One action, its link on its own line, who writes, what to do if it is not for you."""
    parcel = render(letter_in(locale, template))
    wording, say = WORDING[template], translator(locale)
    page = _Tags(parcel.html)
    names = {**VALUES, "org": "River Trust"}
    for sentence in (wording.says, wording.why):
        assert say(sentence, **names) in parcel.text
        assert say(sentence, **names) in page.text
    assert "River Trust" in parcel.text
    assert "{" not in parcel.subject + parcel.text
    assert page.all("html") == [{"lang": locale}]
    assert {"name": "color-scheme", "content": "light dark"} in page.all("meta")
    buttons = [each for each in page.all("a") if each["href"] == LINK]
    assert len(buttons) == (wording.action is not None)
    assert (f"\n{LINK}\n" in parcel.text) == (wording.action is not None)
    assert parcel.links == ((LINK, HELP) if wording.action else (HELP,))
    if wording.until is not None:
        assert say.moment(NOON) in parcel.text
        assert say.moment(NOON) in page.text
    if locale == "ja":
        assert re.search(r"[ぁ-ん]", parcel.text)


@pytest.mark.parametrize("template", list(Template))
def test_a_letter_loads_nothing_and_runs_nothing(template: Template) -> None:
    """No picture, no script, no address but the letter's own: nobody learns that it was opened."""
    page = _Tags(render(letter_in("en", template)).html)
    assert not {"img", "script", "link", "iframe", "form"} & {tag for tag, _ in page.tags}
    addresses = {a.get("href") for _, a in page.tags} | {a.get("src") for _, a in page.tags}
    assert addresses <= {None, LINK, HELP}
    assert "url(" not in render(letter_in("en", template)).html


@pytest.mark.parametrize("locale", ["en", "ja"])
@pytest.mark.parametrize("template", list(Template))
def test_hostile_names_stay_text(template: Template, locale: Locale) -> None:
    """In the subject, in the text, in the markup, and in the headers."""
    hostile = letter_in(
        locale,
        template,
        sender=Sender(EVIL, HELP),
        recipient=Recipient("bo@example.org", locale, name=EVIL),
        values=dict.fromkeys(VALUES, EVIL),
        quote=f"{EVIL}\n{EVIL}",
    )
    parcel = render(hostile)
    plain = _Tags(render(letter_in(locale, template, quote="a\nb\nc\nd")).html)
    page = _Tags(parcel.html)
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]
    assert len(parcel.subject.splitlines()) == 1
    assert not set("\x00\u202e\r") & set(parcel.subject + parcel.text + parcel.html)
    message = as_sent(parcel)
    assert message["Bcc"] is None
    assert set(message.keys()) == set(as_sent(render(letter_in(locale))).keys())
    assert not message.defects
    assert [each.addr_spec for each in message["From"].addresses] == ["door@river.example"]
    assert [each.addr_spec for each in message["To"].addresses] == ["bo@example.org"]


@given(st.text(), st.text(), st.text())
def test_whatever_a_name_is_the_headers_are_ours(name: str, app: str, quote: str) -> None:
    """A letter has one sender and one recipient, whatever somebody calls themselves."""
    name = name.encode("utf-8", "ignore").decode()
    hostile = letter_in(
        "en",
        Template.APPLICATION_DECLINED,
        sender=Sender(name),
        values={"app": app.encode("utf-8", "ignore").decode()},
        quote=quote.encode("utf-8", "ignore").decode(),
    )
    message = as_sent(render(hostile))
    assert set(message.keys()) == set(as_sent(render(letter_in("en"))).keys())
    assert len(message["From"].addresses) == len(message["To"].addresses) == 1


def test_the_headers_say_who_writes_and_that_it_was_no_person() -> None:
    """The organization's name, an address for answers, and no absence notices back."""
    message = as_sent(render(letter_in("en")), "people@river.example")
    sender = message["From"]
    assert isinstance(sender, AddressHeader)
    assert str(sender) == "River Trust <door@river.example>"
    assert message["To"] == "bo@example.org"
    assert message["Reply-To"] == "people@river.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"
    assert message["Date"].datetime.timestamp() == NOON // 1_000_000
    assert message["Message-ID"] == "<7.river@river.example>"
    assert message["Subject"] == "Your invitation to River Trust"
    text, page = message.iter_parts()
    assert (text.get_content_type(), page.get_content_type()) == ("text/plain", "text/html")


def test_a_letter_that_is_written_twice_has_one_message_id() -> None:
    """So that a second copy after a crash is seen to be one."""
    first, second = (as_sent(render(letter_in("en"))) for _ in range(2))
    assert first["Message-ID"] == second["Message-ID"]


def test_a_japanese_letter_is_seven_bits_wide_and_reads_as_it_was_written() -> None:
    """RFC 2047 in the headers, base64 in the parts: no server on the way has to understand it."""
    japanese = letter_in("ja", sender=Sender("川の財団"))
    sent = build_message(render(japanese), mail_from="door@river.example", reply_to=None, now=NOON)
    assert sent.as_bytes().isascii()
    message = message_from_bytes(sent.as_bytes(), policy=default)
    assert message["Subject"] == "川の財団への招待"
    assert message["From"].addresses[0].display_name == "川の財団"
    text = message.get_body(("plain",))
    assert text is not None
    assert "川の財団があなたのアカウントを用意しました。" in text.get_content()


@pytest.mark.parametrize(
    ("recipient", "greeting"),
    [
        (Recipient("a@b.example", "en", given_name="Bo", family_name="Li"), "Hello Bo Li,"),
        (Recipient("a@b.example", "en", name="Bo Li"), "Hello Bo Li,"),
        (Recipient("a@b.example", "ja", given_name="陽翔", family_name="佐藤"), "佐藤 陽翔様"),
        (Recipient("a@b.example", "en", given_name="陽翔", family_name="佐藤"), "Hello 佐藤 陽翔,"),
        (Recipient("a@b.example", "ja", given_name="Amara", family_name="Osei"), "Amara Osei 様"),
        (Recipient("a@b.example", "en"), "Hello,"),
        (Recipient("a@b.example", "ja"), "こんにちは。"),
        (Recipient("a@b.example", "en", name="win.example/prize"), "Hello,"),
        (Recipient("a@b.example", "en", name="Call me at evil.example"), "Hello,"),
        (Recipient("a@b.example", "en", name="Dr. Bo Li, Jr."), "Hello Dr. Bo Li, Jr.,"),
    ],
)
def test_people_are_greeted_by_name(recipient: Recipient, greeting: str) -> None:
    """The family name first where that is usual, nobody is dear, and no name is a link."""
    parcel = render(letter_in(recipient.locale, recipient=recipient))
    assert parcel.text.splitlines()[0] == greeting


@pytest.mark.parametrize("locale", ["en", "ja"])
@pytest.mark.parametrize("person", [None, "", "win.example/prize", "Ada, see evil.example"])
def test_where_nobody_is_to_be_named_nobody_is(person: str | None, locale: Locale) -> None:
    """A name that is a link is none: its letter says the same without it."""
    values = {name: value for name, value in VALUES.items() if name != "person"}
    named = values if person is None else {**values, "person": person}
    say = translator(locale)
    written = [(each, wording.unnamed) for each, wording in WORDING.items() if wording.unnamed]
    assert {each for each, _ in written} == {
        Template.OWNERSHIP_OFFERED,
        Template.SECRET_CREATED,
        Template.CONNECTOR_ASKED_FOR,
    }
    for template, sentence in written:
        parcel = render(letter_in(locale, template, values=named))
        said = say(sentence, **values, org="River Trust")
        assert said in parcel.text
        assert said in _Tags(parcel.html).text
        assert "{" not in parcel.subject + parcel.text
        assert not person or person not in parcel.text


def test_what_a_reviewer_wrote_is_theirs() -> None:
    """Quoted line by line, so that no line of it reads as ours."""
    quote = "Please change the logo.\n\n-- \nYour account ends today: https://evil.example"
    parcel = render(letter_in("en", Template.APPLICATION_CHANGES_REQUESTED, quote=quote))
    for line in quote.splitlines():
        assert f"\n> {line}".rstrip() in parcel.text
    assert parcel.text.count("\n-- \n") == 1
    assert len(_Tags(parcel.html).all("blockquote")) == 1


@pytest.mark.parametrize(
    "address",
    [
        "bo@example.org, all@example.org",
        "bo@example.org\r\nBcc: all@example.org",
        "<bo@example.org>",
        "bo",
        "@",
        "bo@",
        "bo@a..b",
        "bo@" + "a" * 70 + ".example",
        "bo@example.org\x00",
    ],
)
def test_what_is_no_address_is_not_written_to(address: str) -> None:
    """The message is not built at all."""
    parcel = render(letter_in("en", recipient=Recipient(address, "en")))
    with pytest.raises(ValueError, match=r".*"):
        build_message(parcel, mail_from="door@river.example", reply_to=None, now=NOON)
