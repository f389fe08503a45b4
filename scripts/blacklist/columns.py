"""Which column of a table is which field of a list entry."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import get_args

from msgspec.structs import fields

from config.errors import OperatorError
from models.events import BlacklistEntry, ListedKind

FIELDS = tuple(field.name for field in fields(BlacklistEntry) if field.name != "event_id")
KINDS: tuple[str, ...] = get_args(ListedKind)
_OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "action": ("操作",),
    "list": ("list_name", "blacklist", "名单"),
    "kind": ("type", "identifier_kind", "类型"),
    "value": ("identifier", "number", "值", "号码"),
    "token": ("令牌",),
    "reason": ("cause", "原因"),
    "severity": ("level", "risk", "等级", "严重程度"),
    "expires_at": ("expires", "expiry", "expiry_date", "valid_until", "valid_to", "到期", "到期时间", "有效期"),
    "source": ("origin", "来源"),
    "evidence": ("proof", "note", "remark", "证据", "备注"),
    "occurred_at": ("added_at", "listed_at", "created_at", "date", "time", "加入时间", "时间"),
    "phone": ("mobile", "phone_number", "mobile_phone", "手机", "手机号", "电话"),
    "id_number": ("id_card", "idcard", "id_no", "身份证", "身份证号", "证件号"),
    "bank_card": ("card", "card_number", "card_no", "银行卡", "银行卡号"),
    "device_id": ("device", "设备", "设备号"),
    "ip": ("ip_address",),
    "email": ("mail", "邮箱"),
    "address": ("地址",),
    "employer": ("company", "单位", "公司"),
    "name": ("full_name", "姓名"),
    "birth_date": ("birthday", "date_of_birth", "出生日期"),
}
_SEPARATORS = re.compile(r"[\s_.-]+")


class ColumnError(OperatorError):
    """Columns that make no list entry."""


def columns_of(names: Sequence[str], chosen: Mapping[str, str]) -> dict[str, str]:
    """Column -> the field or the identifier kind that it is: as chosen (field -> column), else by its name, however it
    is written; columns that are neither are left out. A column named like a kind holds values of that kind.

    Raises ColumnError for a chosen column that is not there.
    """
    absent = [column for column in chosen.values() if column not in names]
    if absent:
        raise ColumnError(f"There is no column {', '.join(map(repr, absent))}, but {', '.join(map(repr, names))}")
    found = {column: field for field, column in chosen.items()}
    for field in (*FIELDS, *KINDS):
        if field not in found.values():
            like = {_plain(name) for name in (field, *_OTHER_NAMES.get(field, ()))}
            found |= dict([(name, field) for name in names if _plain(name) in like and name not in found][:1])
    return found


def chosen_columns(texts: Sequence[str]) -> dict[str, str]:
    """Field -> column, from `FIELD=COLUMN`. Raises ColumnError."""
    chosen = {}
    for text in texts:
        field, separator, column = text.partition("=")
        if not separator or field not in (*FIELDS, *KINDS):
            raise ColumnError(f"{text!r} is not FIELD=COLUMN with one of {', '.join((*FIELDS, *KINDS))}")
        chosen[field] = column
    return chosen


def require_values(columns: Mapping[str, str], kind: str | None) -> None:
    """Raises ColumnError when no entry can come of these columns, and a `kind` for those of `value` and `token`."""
    found = set(columns.values())
    person = {"name", "birth_date"} <= found
    whole = ("kind" in found or kind is not None) and (found & {"value", "token"} or person)
    if not whole and not found & set(KINDS):
        raise ColumnError(
            "No column says what to list: there must be `value` or `token`, with `kind` beside it or --kind,"
            f" or one named like a kind ({', '.join(KINDS)}). --column FIELD=COLUMN says which column is which"
        )


def _plain(name: str) -> str:
    return _SEPARATORS.sub("", name.strip().lower())
