"""The accounts of a demonstration office: random passwords and tokens, kept in one file for its owner only."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from openbeian.files import PRIVATE, write_whole
from openbeian.office.accounts import services
from openbeian.office.accounts.actors import Role
from openbeian.office.accounts.models import Office, User

FILE = "demo/accounts.json"
PEOPLE = (
    ("kefu", Role.PROVIDER_MEMBER, "黄示例", 0),
    ("other", Role.PROVIDER_MEMBER, "赵示例", 1),
    ("marker1", Role.PROVIDER_MEMBER, "陈示例", 0),
    ("marker2", Role.PROVIDER_MEMBER, "林示例", 0),
    ("marker3", Role.PROVIDER_MEMBER, "何示例", 0),
    ("clerk", Role.CLERK, "李示例", None),
    ("reviewer", Role.REVIEWER, "王示例", None),
    ("reviewer2", Role.REVIEWER, "孙示例", None),
    ("approver", Role.APPROVER, "郑示例", None),
    ("inspector", Role.INSPECTOR, "吴示例", None),
    ("auditor", Role.AUDITOR, "冯示例", None),
)
COMPANIES = (("示例云桥家电服务有限公司", "91440101MA5EXAM0P0"), ("示例另一家科技有限公司", "91440101MA5EXAM1P1"))


@dataclass(frozen=True, slots=True)
class Account:
    """A demonstration account; the token opens the API."""

    username: str
    role: str
    name: str
    password: str
    token: str


def seed_demo(home: Path, *, now: datetime) -> dict[str, Account]:
    """Make the demonstration office and its accounts, once, and return the accounts by user name."""
    path = home / FILE
    if path.exists() and Office.objects.exists():
        return {name: Account(**row) for name, row in json.loads(path.read_text(encoding="utf-8")).items()}
    with transaction.atomic():
        accounts = _make(now)
        _keep(path, accounts)
    return accounts


def _make(now: datetime) -> dict[str, Account]:
    office = services.ensure_office("demo", name="示例备案机构（演示）", prefix="Guangdong", is_demo=True)
    companies = [services.ensure_organisation(office, name=name, uscc=uscc) for name, uscc in COMPANIES]
    known = set(User.objects.values_list("username", flat=True))
    accounts = {}
    for username, role, name, company in PEOPLE:
        password = secrets.token_urlsafe(9)
        organisation = companies[company] if company is not None else None
        user = services.ensure_user(
            username, office=office, role=role, display_name=name, password=password, organisation=organisation
        )
        if username in known:  # the old password was lost with the file
            services.set_password(user, password)
        token = services.issue_token(user, label="演示", now=now)
        accounts[username] = Account(username, role.value, name, password, token)
    return accounts


def _keep(path: Path, accounts: dict[str, Account]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = {name: asdict(account) for name, account in accounts.items()}
    write_whole(path, json.dumps(rows, ensure_ascii=False, indent=1), mode=PRIVATE)
