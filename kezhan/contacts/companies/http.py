"""Routes of companies."""

from typing import Any
from uuid import UUID

from litestar import get, patch, put

from kezhan.contacts.companies import keep
from kezhan.contacts.companies.schemas import CompanyDetail, CompanyEdit, CompanyForm, CompanyOut
from kezhan.contacts.schemas import ContactOut
from kezhan.kit.db import Tx
from kezhan.kit.paging import Page
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_READ = needs(Permission.CONTACT_READ)
_WRITE = needs(Permission.CONTACT_WRITE)
_ONE = "/api/companies/{company_id:uuid}"


@get("/api/companies", guards=[_READ], operation_id="companies_list")
async def list_companies(
    tx: Tx, caller: Caller, q: str = "", after: str = "", limit: int = 50
) -> Page[CompanyOut]:
    """In pinyin order; `q` is the beginning of a name or of its pinyin."""
    return await keep.page(tx, caller, q[:200], after, limit)


@get(_ONE, guards=[_READ], operation_id="companies_get")
async def get_company(tx: Tx, caller: Caller, company_id: UUID) -> CompanyDetail:
    return await keep.get(tx, caller, company_id)


@put(_ONE, guards=[_WRITE], operation_id="companies_create")
async def put_company(tx: Tx, caller: Caller, company_id: UUID, data: CompanyForm) -> CompanyDetail:
    """A new company, under an id its maker has made."""
    return await keep.create(tx, caller, company_id, data)


@patch(_ONE, guards=[_WRITE], operation_id="companies_edit")
async def patch_company(tx: Tx, caller: Caller, company_id: UUID, data: CompanyEdit) -> CompanyDetail:
    return await keep.edit(tx, caller, company_id, data)


@get(f"{_ONE}/people", guards=[_READ], operation_id="companies_people")
async def get_people(
    tx: Tx, caller: Caller, company_id: UUID, after: str = "", limit: int = 50
) -> Page[ContactOut]:
    return await keep.people(tx, caller, company_id, after, limit)


routes: list[Any] = [list_companies, get_company, put_company, patch_company, get_people]
