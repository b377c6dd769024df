"""What can go wrong at the command line, with the exit code each one ends in."""

from http import HTTPStatus


class CommandError(Exception):
    """Base of the family; the text is for the person at the terminal."""

    exit_code = 1


class NotFoundError(CommandError):
    exit_code = 3


class NotAllowedError(CommandError):
    exit_code = 4


class SignInError(NotAllowedError):
    """The issuer gave no token."""


class UnreachableError(CommandError):
    exit_code = 5


class NotConfiguredError(CommandError):
    exit_code = 6


class CorruptError(CommandError):
    """What was downloaded is not what the API said it would be."""


class InvalidFileError(CommandError):
    """A file that a command was given cannot be used."""

    exit_code = 2


class WaitingError(CommandError):
    """A second person has to confirm it first."""

    exit_code = 7


_TEXTS = {
    "urn:scrm:problem:not-found": "没有找到，或不在您的机构范围内",
    "urn:scrm:problem:not-allowed": "没有权限：您的机构或角色不能执行此操作",
    "urn:scrm:problem:invalid-request": "请求参数无效",
    "urn:scrm:problem:invalid-cursor": "翻页标记已失效，请从头查询",
    "urn:scrm:problem:idempotency-key-reused": "该幂等键已用于另一个请求，请换一个",
    "urn:scrm:problem:invalid-content": "内容不符合要求",
    "urn:scrm:problem:content-changed": "内容已被他人修改，请重新查看后再操作",
    "urn:scrm:problem:exception-refused": "特批不符合规则：须由他人批准，且不超过行内设定的上限与期限",
    "urn:scrm:problem:exception-changed": "该特批刚被他人处理，请重新查看",
    "urn:scrm:problem:case-changed": "案件刚被他人处理，请重新查看后再操作",
    "urn:scrm:problem:failed": "系统暂时无法处理，可以安全地重试",
}
_KINDS: dict[int, type[CommandError]] = {
    HTTPStatus.UNAUTHORIZED: NotAllowedError,
    HTTPStatus.FORBIDDEN: NotAllowedError,
    HTTPStatus.NOT_FOUND: NotFoundError,
}


def error_of(status: int, problem: dict[str, object]) -> CommandError:
    """The error for an answer of the API; ``problem`` is its problem details, empty when there were none."""
    kind = _KINDS.get(status, CommandError)
    if status == HTTPStatus.UNAUTHORIZED:
        return kind("登录已失效：请换取新的令牌")
    text = _TEXTS.get(str(problem.get("type", ""))) or str(problem.get("detail") or "接口返回错误")
    fields = problem.get("fields")
    where = "、".join(str(field["where"]) for field in fields) if isinstance(fields, list) else ""
    return kind(f"{text}{f'：{where}' if where else ''}（HTTP {status}）")
