"""What is wrong with a manifest, in the reader's language: each sentence by its form.

The connectors' room tells faults in English, which is what programs and terminals get. Here each
is known again, with the names and numbers in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Final

from doorward.http import message

__all__ = ["FORMS", "Worded", "word_fault"]


@dataclass(frozen=True, slots=True)
class Worded:
    """A sentence to translate, what fills it, and the field that it is about where it names one."""

    sentence: str
    given: Mapping[str, str] = field(default_factory=dict)
    about: str = ""


FORMS: Final = (
    # As a whole.
    message("A manifest is a JSON object."),
    message("A manifest has at most {size} KB."),
    message("It is nested too deeply."),
    message("The field {name} stands twice in one object."),
    message("The manifest has too many parts."),
    message("The name of a field has characters that cannot be used."),
    message("The slug of a connector never changes."),
    message("This has characters that cannot be used."),
    message("This is nested too deeply."),
    message("This is not JSON in UTF-8."),
    message("This is not JSON: a number is too long."),
    message("This is not JSON: line {line}, column {column}: Expecting ',' delimiter."),
    message("This is not JSON: line {line}, column {column}: Expecting ':' delimiter."),
    message("This is not JSON: line {line}, column {column}: Expecting value."),
    message(
        "This is not JSON: line {line}, column {column}: "
        "Expecting property name enclosed in double quotes."
    ),
    message("This is not JSON: line {line}, column {column}: Extra data."),
    message("This is not JSON: line {line}, column {column}: Invalid control character at."),
    message("This is not JSON: line {line}, column {column}: Unterminated string starting at."),
    message("This is not JSON: line {line}, column {column}: {problem}."),
    message("{name} is not a number in JSON."),
    # Field by field.
    message("No such field."),
    message("There are too many entries: at most {value}."),
    message("There are too many fields: at most {value}."),
    message("There is no such field. Did you mean {name}?"),
    message("This is missing."),
    message("This is one of: {values}."),
    message("This is too long: at most {value} characters."),
    message("This must be a list."),
    message("This must be a whole number or null."),
    message("This must be a whole number."),
    message("This must be an object or null."),
    message("This must be an object."),
    message("This must be at least {value}."),
    message("This must be at most {value}."),
    message("This must be null."),
    message("This must be text or a list or true or false or a whole number or null."),
    message("This must be text or a whole number or true or false or null."),
    message("This must be text or an object."),
    message("This must be text or null."),
    message("This must be text or true or false."),
    message("This must be text."),
    message("This must be true or false."),
    message("This must not be empty."),
    message("This needs at least one entry."),
    # Words and names.
    message("A link starts with https:// or http://."),
    message("A name is one line of up to 100 visible characters."),
    message("A name starts with a letter and has letters, digits, _ and -."),
    message("A name starts with a letter and has up to 64 letters, digits, _ and -."),
    message("A slug is 2 to 63 lower-case letters and digits, with single hyphens between them."),
    message("Give it in English (en) as well; other languages fall back to it."),
    message("The name {name} has a meaning of its own."),
    message("The name {name} stands there twice."),
    message("This is not a language, such as en or ja."),
    # Variables.
    message("A host name or address that is typed needs a pattern."),
    message("A secret in a manifest is none: everybody can read it."),
    message("No variable is called {name}."),
    message("Nobody can fill in a hidden field: give it a default."),
    message("Nothing is typed here, so there is nothing to match."),
    message("Only a select has choices."),
    message("The choice {name} stands there twice."),
    message("There is nothing to choose from."),
    message("This does not match the variable's own pattern."),
    message("This does not match the variable's pattern."),
    message("This is none of the choices."),
    message("What can be seen by everybody is not a secret."),
    # Patterns.
    message("A bracket is closed that was not opened."),
    message("A bracket is not closed."),
    message("A count goes up to {value}, the smaller number first."),
    message("A count is written {{2}}, {{2,}} or {{2,5}}."),
    message("A negated class cannot stand in [ ]."),
    message("A pattern has at most {value} characters."),
    message("A pattern starts with ^ and ends with $: it speaks of the whole value."),
    message("A range in [ ] goes from the smaller sign to the larger."),
    message("Brackets are nested more than {value} deep."),
    message("Only plain brackets and (?:…) may be used."),
    message("Put alternatives into brackets: ^(one|other)$."),
    message("The pattern ends too early."),
    message("The pattern is too large: its counts multiply."),
    message("There is nothing in [ ]."),
    message("Two quantities follow each other; put the first into brackets."),
    message("Write {sign} where the sign itself is meant."),
    message("{sign} cannot be used."),
    # Templates and addresses.
    message("A brace stands alone; write {{{{ or }}}} where the sign is meant."),
    message("A filter is written {{name|lower}} or {{name|replace:from:to}}."),
    message("A path must not have dot segments."),
    message("A value cannot be the scheme of an address."),
    message("A value goes through at most {value} filters."),
    message("An address is empty."),
    message("An address is visible ASCII without spaces."),
    message("An address starts with https://."),
    message("Between braces stands a name: letters, digits, _ and -."),
    message("Dots alone lead to another place."),
    message("Nothing here is called {name}. Did you mean {other}?"),
    message("Nothing here is called {name}."),
    message("The filters are {values}."),
    message("The value is too long."),
    message("This does not make a host name."),
    message("This has characters that XML cannot have."),
    message("This has characters that a header cannot have."),
    message("This has characters that a host name cannot have."),
    message("This has characters that cannot be sent."),
    message("This is not a host name, such as api.example.com."),
    message("This is not the address of a site, such as https://example.com."),
    message(
        "{name} can be any host, and this sends the client's secret there: end its pattern in the "
        "platform's domain, or let the organization set it (scope account)."
    ),
    message(
        "{name} comes back with the browser and decides where this leads: "
        "declare it as a variable with a pattern."
    ),
    message("{name} decides where this leads: give it a pattern."),
    # Ways to connect.
    message("A visit with authorize.request_token is signed: oauth1."),
    message("A visit with it is signed: oauth1."),
    message("An XML body needs its template."),
    message("It is never sent: send is false."),
    message("Nothing is refreshed here: refresh_policy.kind is none."),
    message("Only an XML body has a template."),
    message("Only client_auth custom sends these."),
    message("This comes too late: after idle_expiry_days."),
    message("This is more than max_length."),
    message("Tokens of OAuth 1.0a are not refreshed."),
    message("With {type} nobody comes back."),
    message("basic is sent as basic."),
    message("custom sends these headers; there are none."),
    message("oauth1 needs authorize.request_token."),
    message("{type} asks for no tokens."),
    message("{type} needs to know where people are sent."),
    message("{type} needs to know where tokens are asked for."),
    message("{type} sends nobody anywhere."),
    # Headers, parameters and scopes.
    message("A parameter needs a name."),
    message("A parameter's name has 1 to 100 characters."),
    message("A query fragment has no quotes, # or other scripts in it."),
    message("A scope stands there twice."),
    message("Each scope is one entry of the list, without spaces."),
    message("Either raw says which scopes are asked for, or the lists do."),
    message("The connection itself decides about this header."),
    message("The standard spells this {name}."),
    message("These are never sent: param is null."),
    message("This is not a name that can be sent."),
    message("This is not the name of a header."),
    message("optional needs the name of its parameter."),
    message("{name} has a field of its own, or is not the manifest's to set."),
    # Environments.
    message("An override does not fit the field that it sets."),
    message("No option has this."),
    message("Nothing at {path} can be set by an environment."),
    message("There is nothing at {path} to be set."),
    message("These times the ways to connect are more than {value}."),
    # Manifests of App Connect.
    message("A dynamic field is for each user: managedScope user."),
    message("Another platform has nearly the same name."),
    message("Name at least one platform."),
    message("There are too many platforms: at most {value}."),
    message("This is not a type of a field."),
    # What is allowed and should not stay.
    message("Nobody says that these facts were seen in a source."),
    message("Plain HTTP reaches this machine only."),
)
"""Every form of a fault, as a msgid."""

_LONGEST: Final = 2_000
_OF_FIELD: Final = re.compile(r"([A-Za-z_][\w.-]{0,199}): (.+)\Z", re.DOTALL)


def word_fault(sentence: str) -> Worded:
    """The form of ``sentence``, with what fills it; itself in English where it has none."""
    found = _find(sentence)
    if found is not None:
        return found
    of_field = _OF_FIELD.match(sentence[:_LONGEST])
    inner = _find(of_field[2]) if of_field is not None else None
    if of_field is not None and inner is not None:
        return Worded(inner.sentence, inner.given, of_field[1])
    # Nobody translated it; a brace in it would be taken for a placeholder.
    return Worded(sentence.replace("{", "{{").replace("}", "}}"))


def _find(sentence: str) -> Worded | None:
    if sentence in _WHOLE:
        return Worded(_WHOLE[sentence])
    for msgid, pattern in _FILLED if len(sentence) <= _LONGEST else ():
        match = pattern.fullmatch(sentence)
        if match is not None:
            return Worded(msgid, match.groupdict())
    return None


def _pattern_of(msgid: str) -> re.Pattern[str]:
    parts = (
        re.escape(literal) + (f"(?P<{name}>.+?)" if name else "")
        for literal, name, _, _ in Formatter().parse(msgid)
    )
    return re.compile("".join(parts), re.DOTALL)


def _literals(msgid: str) -> int:
    return sum(len(literal) for literal, _, _, _ in Formatter().parse(msgid))


_NAMED: Final = tuple(m for m in FORMS if any(part[1] for part in Formatter().parse(m)))
_WHOLE: Final = {msgid.format(): msgid for msgid in FORMS if msgid not in _NAMED}
# The one that says most by itself comes first: others may fit the same sentence.
_FILLED: Final = tuple(
    (msgid, _pattern_of(msgid)) for msgid in sorted(_NAMED, key=_literals, reverse=True)
)
