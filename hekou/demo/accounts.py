"""The demo's accounts: one list for the loader, the terminal, the login page's hint and the browser tests."""

from typing import NamedTuple

DEMO_PASSWORD = "hekou-demo"  # noqa: S105  (made-up people on an invented town; nothing real opens with it)


class DemoAccount(NamedTuple):
    """Who logs in by `phone`, in which `role` (a key of grids.access.Role), at the net's node `code`."""

    phone: str
    name: str
    role: str
    code: str
    title: str


DEMO_ACCOUNTS = (
    DemoAccount("13800000001", "张春燕", "gridworker", "140181100208001", "网格员，沟底村第一网格"),
    DemoAccount("13800000002", "闫志平", "grid_head", "140181100208001", "网格长，沟底村第一网格"),
    DemoAccount("13800000003", "李守田", "village_officer", "140181100208", "沟底村干部"),
    DemoAccount("13800000004", "王慧敏", "town_officer", "140181100", "镇网格办"),
    DemoAccount("13800000005", "赵永强", "unit_officer", "140181100", "承办单位（供水站）"),
    DemoAccount("13800000006", "刘晓峰", "admin", "140181100", "系统管理员"),
    DemoAccount("13800000007", "陈静", "auditor", "140181100", "审计员"),
    DemoAccount("13800000008", "郝丽娟", "gridworker", "140181100006001", "寨上社区网格员"),
    DemoAccount("13800000009", "马玉兰", "volunteer", "140181100208", "志愿者"),
    DemoAccount("13800000010", "武建国", "town_leader", "140181100", "镇领导"),
    DemoAccount("13800000011", "宋建华", "town_officer", "140181100", "镇网格办，复录纸质问卷"),
)
