"""The API as one object, with its routers, its door and its errors."""

from ninja import NinjaAPI

from openbeian.office.api import filings, problems, public
from openbeian.office.api.doors import TokenAuth

api = NinjaAPI(
    title="OpenBeian 备案通",
    version="1.0.0",
    description="备案机构的开放接口。错误为 RFC 9457 问题详情。",
    urls_namespace="api-v1",
    auth=TokenAuth(),
    docs_url=None,
)
problems.install(api)
api.add_router("", filings.router)
api.add_router("", public.router)
