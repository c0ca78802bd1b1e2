"""The query language of vtiger's web service, as strict as VTQL_Lexer.php and VTQL_parser.y are."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

ROWS_MAX = 100
T = TypeVar("T")

_TOKEN = re.compile(r"(\w+|'(?:[^']|'')+'|\(|\)|[+-]?\d+|,|\*|<=|>=|!=|=|<|>|;)|[ \t\r\n]+")
_COMPARISONS: dict[str, Callable[[object, object], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,  # type: ignore[operator]
    "<=": lambda a, b: a <= b,  # type: ignore[operator]
    ">": lambda a, b: a > b,  # type: ignore[operator]
    ">=": lambda a, b: a >= b,  # type: ignore[operator]
}


class QueryError(Exception):
    """A query that the CRM refuses, with its code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Condition:
    """A comparison of a column; for `in` with several values."""

    column: str
    operator: str
    values: tuple[str, ...]


@dataclass
class Query:
    """A parsed query. `groups` are joined by `or`, and the conditions of each by `and`."""

    module: str = ""
    columns: list[str] = field(default_factory=list)
    groups: list[list[Condition]] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    is_descending: bool = False
    offset: int = 0
    count: int = ROWS_MAX

    def finds(self, value_of: Callable[[str], object]) -> bool:
        """Whether a row is found, whose values this function knows."""
        return not self.groups or any(
            all(_is_met(each, value_of(each.column)) for each in group) for group in self.groups
        )


def parse(text: str) -> Query:
    """The query in a text. Raises QueryError as the CRM refuses it."""
    return _Parser(_tokens(text)).query()


def _tokens(text: str) -> list[str]:
    tokens, place = list[str](), 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            # the lexer throws an exception of its own, which webservice.php does not name
            raise QueryError("INTERNAL_SERVER_ERROR")
        if match[1]:
            tokens.append(match[1])
        place = match.end()
    return tokens


class _Parser:
    """`select <columns> from <module> [where] [order by] [limit] ;`, without parentheses."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = list(tokens)

    def query(self) -> Query:
        query = Query()
        self._take("select")
        query.columns = self._columns()
        self._take("from")
        query.module = self._word()
        if self._is_next("where"):
            query.groups = self._groups()
        if self._is_next("order"):
            self._take("by")
            query.order = self._list(self._word)
            query.is_descending = self._is_next("desc")
            if not query.is_descending:
                self._is_next("asc")
        if self._is_next("limit"):
            numbers = self._list(self._number)
            if len(numbers) > 2:
                raise QueryError("QUERY_SYNTAX_ERROR")
            query.offset = numbers[0] if len(numbers) == 2 else 0
            query.count = min(numbers[-1], ROWS_MAX)
        self._take(";")
        if self._tokens:
            raise QueryError("QUERY_SYNTAX_ERROR")
        return query

    def _columns(self) -> list[str]:
        if self._is_next("*"):
            return ["*"]
        if self._is_next("count"):
            for token in ("(", "*", ")"):
                self._take(token)
            return ["count(*)"]
        # the id is among the columns of every query
        return list(dict.fromkeys([*self._list(self._word), "id"]))

    def _groups(self) -> list[list[Condition]]:
        groups = [[self._condition()]]
        while self._tokens:
            if self._is_next("and"):
                groups[-1].append(self._condition())
            elif self._is_next("or"):
                groups.append([self._condition()])
            else:
                break
        return groups

    def _condition(self) -> Condition:
        column = self._word()
        if self._is_next("in"):
            self._take("(")
            values = self._list(self._value)
            self._take(")")
            return Condition(column, "in", tuple(values))
        operator = self._next()
        if operator not in _COMPARISONS:
            raise QueryError("QUERY_SYNTAX_ERROR")
        return Condition(column, operator, (self._value(),))

    def _list(self, one: Callable[[], T]) -> list[T]:
        items = [one()]
        while self._is_next(","):
            items.append(one())
        return items

    def _value(self) -> str:
        token = self._next()
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if not re.fullmatch(r"\w+|[+-]?\d+", token):
            raise QueryError("QUERY_SYNTAX_ERROR")
        return token

    def _number(self) -> int:
        token = self._next()
        if not token.isdecimal():
            raise QueryError("QUERY_SYNTAX_ERROR")
        return int(token)

    def _word(self) -> str:
        token = self._next()
        if not re.fullmatch(r"\w+", token):
            raise QueryError("QUERY_SYNTAX_ERROR")
        return token

    def _next(self) -> str:
        if not self._tokens:
            raise QueryError("QUERY_SYNTAX_ERROR")
        return self._tokens.pop(0)

    def _take(self, token: str) -> None:
        if self._next().casefold() != token:
            raise QueryError("QUERY_SYNTAX_ERROR")

    def _is_next(self, token: str) -> bool:
        is_next = bool(self._tokens) and self._tokens[0].casefold() == token
        if is_next:
            self._tokens.pop(0)
        return is_next


def _is_met(condition: Condition, value: object) -> bool:
    values = [_of_id(each) if condition.column == "id" else each for each in condition.values]
    if condition.operator == "in":
        return value in values
    return _COMPARISONS[condition.operator](value, values[0])


def _of_id(text: str) -> int:
    """The number in `12x345`, which the CRM compares as one."""
    number = text.partition("x")[2]
    if not number.isdecimal():
        raise QueryError("DATABASE_QUERY_ERROR")
    return int(number)
