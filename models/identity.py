"""The applicant: identifiers in one spelling, and what features need to know of them."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from models.events import Applicant, Contact
from models.facts import IdentityFacts
from models.id_numbers import normalise_id_number, read_id_number
from models.identifiers import normalise_card, normalise_email, normalise_name, normalise_text, passes_luhn
from models.phones import normalise_phone, read_phone

FREE_EMAIL_DOMAINS = frozenset(
    {
        "126.com",
        "139.com",
        "163.com",
        "188.com",
        "189.cn",
        "21cn.com",
        "aliyun.com",
        "aol.com",
        "foxmail.com",
        "gmail.com",
        "gmx.com",
        "gmx.de",
        "googlemail.com",
        "hotmail.com",
        "icloud.com",
        "live.cn",
        "live.com",
        "mac.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "outlook.com",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "sina.cn",
        "sina.com",
        "sohu.com",
        "tom.com",
        "vip.163.com",
        "vip.qq.com",
        "vip.sina.com",
        "wo.cn",
        "yahoo.cn",
        "yahoo.com",
        "yahoo.com.cn",
        "yandex.com",
        "yandex.ru",
        "yeah.net",
    }
)
"""The large providers where anybody gets an address for nothing."""

_CJK = re.compile("[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]+")
"""The ideograph blocks of Unicode, and the zero that names use."""


class NormalApplicant(NamedTuple):
    """The applicant's identifiers, normalised; None is missing. Personal data: stays at the edge."""

    id_number: str | None
    phone: str | None
    name: str | None
    bank_card: str | None
    email: str | None
    address: str | None
    employer: str | None
    employer_phone: str | None
    contact_phones: list[str]
    """In the order named, those that are phone numbers."""
    contact_names: list[str]


def normalise_applicant(applicant: Applicant) -> NormalApplicant:
    """Every identifier of the applicant in its one spelling."""
    address, employer = applicant.address, applicant.employer
    contacts = applicant.contacts or ()
    return NormalApplicant(
        id_number=normalise_id_number(applicant.id_number),
        phone=normalise_phone(applicant.phone),
        name=normalise_name(applicant.name),
        bank_card=None if applicant.bank_card is None else normalise_card(applicant.bank_card),
        email=None if applicant.email is None else normalise_email(applicant.email),
        address=None if address is None or address.text is None else normalise_text(address.text),
        employer=None if employer is None or employer.name is None else normalise_text(employer.name),
        employer_phone=None if employer is None or employer.phone is None else normalise_phone(employer.phone),
        contact_phones=[phone for contact in contacts if (phone := normalise_phone(contact.phone)) is not None],
        contact_names=[
            name
            for contact in contacts
            if contact.name is not None and (name := normalise_name(contact.name)) is not None
        ],
    )


def identity_facts(normal: NormalApplicant, contacts: list[Contact] | None, today: date) -> IdentityFacts:
    """What the identifiers tell on the day of the application, in the lender's time zone."""
    id_number = read_id_number(normal.id_number or "", today)
    phone = read_phone(normal.phone)
    email_free, email_digits_share = _read_email(normal.email)
    return IdentityFacts(
        id_valid=id_number.valid,
        age_years=None if id_number.age_years is None else float(id_number.age_years),
        male=id_number.male,
        id_province=id_number.province,
        phone_valid=phone.valid,
        phone_mobile=phone.mobile,
        phone_province=phone.province,
        phone_segment=phone.segment,
        virtual_operator=phone.virtual_operator,
        email_free=email_free,
        email_digits_share=email_digits_share,
        card_luhn=None if normal.bank_card is None else passes_luhn(normal.bank_card),
        name_length=None if normal.name is None else len(normal.name),
        name_cjk=None if normal.name is None else _CJK.fullmatch(normal.name) is not None,
        contacts=None if contacts is None else len(contacts),
        contact_relations=None if contacts is None else _count_relations(contacts),
        contact_is_self=normal.phone in normal.contact_phones if normal.phone and normal.contact_phones else None,
        contact_same_name=normal.name in normal.contact_names if normal.name and normal.contact_names else None,
        employer_phone_is_own=None
        if normal.employer_phone is None
        else normal.employer_phone == normal.phone or normal.employer_phone in normal.contact_phones,
    )


def _read_email(email: str | None) -> tuple[bool | None, float | None]:
    """Whether the domain is a free provider's, and the share of digits in the local part."""
    local, at, domain = (email or "").rpartition("@")
    if not at or not local:
        return None, None
    return domain in FREE_EMAIL_DOMAINS, sum(map(str.isdecimal, local)) / len(local)


def _count_relations(contacts: list[Contact]) -> int | None:
    """Different relations; None when no contact states one."""
    relations = {contact.relation.strip().lower() for contact in contacts if contact.relation}
    return len(relations) or None
