"""Text to expression. Mistakes, of kinds too, are found here, each with the character at which it stands.

::

    expression  either [ "if" either "else" expression ]
    either      both { "or" both }
    both        negation { "and" negation }
    negation    "not" negation | comparison
    comparison  sum [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) sum | [ "not" ] "in" "(" sum { "," sum } ")" ]
    sum         product { ( "+" | "-" ) product }
    product     sign { "*" sign }
    sign        "-" sign | atom
    atom        number | text in quotes | "true" | "false" | variable | function "(" arguments ")" | "(" expression ")"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from ivr.expressions.errors import ExpressionError, Unknown, readable
from ivr.expressions.functions import FUNCTIONS, OPERATORS, Signature
from ivr.expressions.tree import Apply, Choose, Constant, Expression, Kind, Variable, bounded

DEPTH_MOST = 30
LENGTH_MOST = 500
WORDS_MOST = 120

_WORDS = ("and", "or", "not", "in", "if", "else", "true", "false")
RESERVED = frozenset((*_WORDS, *FUNCTIONS))
"""Names that mean something already: no variable is called like that."""

_TOKEN = re.compile(
    r"""(?P<space>[ \t\n]+) | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<number>[0-9]{1,15}(?:\.[0-9]{1,6})?(?![0-9A-Za-z_.]))
    | (?P<text>"[^"\n\\]*"|'[^'\n\\]*') | (?P<sign>==|!=|<=|>=|[<>+*(),-])""",
    re.VERBOSE | re.ASCII,
)
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_KIND_WORDS = {Kind.TEXT: "a text", Kind.NUMBER: "a number", Kind.TRUTH: "true or false", Kind.SECRET: "a secret"}


@dataclass(frozen=True, slots=True)
class _Token:
    what: str
    """“number”, “name”, “text”, “end”, or the sign or word itself."""
    text: str
    at: int


def parse(text: str, variables: Mapping[str, Variable], *, unknown: Unknown | None = None) -> Expression:
    """The expression that ``text`` writes over ``variables`` (by the name that the text uses).

    ``unknown`` words the mistake of a name that is no variable. Raises :class:`ExpressionError`. A text with
    ``{{ }}`` or ``{% %}`` is Liquid (:mod:`ivr.expressions.liquid`).
    """
    if len(text) > LENGTH_MOST:
        raise ExpressionError(0, f"this is longer than {LENGTH_MOST} characters; work it out in several steps")
    if is_template(text):
        from ivr.expressions import liquid  # noqa: PLC0415 - its package takes a tenth of a start, where few need it

        return liquid.read(text, variables, unknown)
    reader = _Reader(_tokens(text), variables, unknown)
    expression = reader.expression()
    reader.expect("end", "it ends here, or an operator such as “and” or “+” is missing")
    return expression


def is_template(text: str) -> bool:
    """Whether an expression is written in Liquid. The braces mean nothing in expressions of the other kind."""
    return "{{" in text or "{%" in text


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ExpressionError(at, _unreadable(text, at))
        what, word = str(found.lastgroup), found[0]
        if what == "sign" or (what == "name" and word in _WORDS):
            what = word
        if what != "space":
            tokens.append(_Token(what, word, at))
        at = found.end()
    if len(tokens) > WORDS_MOST:
        raise ExpressionError(0, f"these are more than {WORDS_MOST} words and signs; work it out in several steps")
    return [*tokens, _Token("end", "", at)]


def _unreadable(text: str, at: int) -> str:
    character = text[at]
    if character in "\"'":
        return "this text has no end; close the quotation mark (a text holds neither backslash nor line end)"
    if character == "=":
        return "one “=” compares nothing; write =="
    if character in "&|!":
        return "write the words and, or, not"
    if character in "/%":
        return f"“{character}” is not known here: expressions add, subtract and multiply"
    if character.isdigit():
        return "this is no number; write digits, at most 15, with a point and at most 6 more"
    return f"“{character if character.isprintable() else '�'}” means nothing here; leave it out"


class _Reader:
    """Reads tokens from left to right, one function a rule of the grammar."""

    def __init__(self, tokens: list[_Token], variables: Mapping[str, Variable], unknown: Unknown | None) -> None:
        self._tokens = tokens
        self._variables = variables
        self._unknown = unknown
        self._place = 0
        self._depth = 0

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _take(self, *whats: str) -> _Token | None:
        if self._next.what not in whats:
            return None
        self._place += 1
        return self._tokens[self._place - 1]

    def expect(self, what: str, message: str) -> _Token:
        """The next token, which has to be this."""
        token = self._take(what)
        if token is None:
            raise ExpressionError(self._next.at, message)
        return token

    def expression(self) -> Expression:
        self._deeper(self._next.at)
        then = self._either()
        if self._take("if"):
            at = self._next.at
            condition = self._of_kind(Kind.TRUTH, self._either(), at)
            self.expect("else", "the other side is missing; write … if … else …")
            at = self._next.at
            then = Choose(condition, then, self._of_kind(then.kind, self.expression(), at))
        self._depth -= 1
        return then

    def _either(self) -> Expression:
        return self._chain(self._both, "or")

    def _both(self) -> Expression:
        return self._chain(self._negation, "and")

    def _negation(self) -> Expression:
        return self._prefixed("not", "not", self._comparison)

    def _comparison(self) -> Expression:
        left = self._sum()
        sign = self._take(*_COMPARISONS)
        if sign is not None:
            left = self._applied(sign, sign.what, OPERATORS[sign.what], left, self._sum())
            if self._next.what in _COMPARISONS:
                raise ExpressionError(self._next.at, "one comparison at a time; join two of them with “and”")
            return left
        negated = self._next.what == "not" and self._tokens[self._place + 1].what == "in" and self._take("not")
        word = self._take("in")
        return left if word is None else self._among(word, left, negated=bool(negated))

    def _among(self, word: _Token, item: Expression, *, negated: bool) -> Expression:
        self.expect("(", "write the choices in brackets: in (1, 2)")
        found: Expression | None = None
        while True:
            one = self._applied(word, "==", OPERATORS["=="], item, self._sum())
            found = one if found is None else self._applied(word, "or", OPERATORS["or"], found, one)
            if not self._take(","):
                break
        self.expect(")", "a comma or the closing bracket is missing")
        return self._applied(word, "not", OPERATORS["not"], found) if negated else found

    def _sum(self) -> Expression:
        return self._chain(self._product, "+", "-")

    def _product(self) -> Expression:
        return self._chain(self._sign, "*")

    def _sign(self) -> Expression:
        return self._prefixed("-", "negative", self._atom)

    def _chain(self, part: Callable[[], Expression], *signs: str) -> Expression:
        left = part()
        while (sign := self._take(*signs)) is not None:
            left = self._applied(sign, sign.what, OPERATORS[sign.what], left, part())
        return left

    def _prefixed(self, sign: str, name: str, part: Callable[[], Expression]) -> Expression:
        signs: list[_Token] = []
        while (token := self._take(sign)) is not None:
            signs.append(token)
        whole = part()
        for token in reversed(signs):
            whole = self._applied(token, name, OPERATORS[name], whole)
        return whole

    def _atom(self) -> Expression:
        token = self._next
        self._place += token.what != "end"
        match token.what:
            case "number":
                return Constant(bounded(Decimal(token.text)), Kind.NUMBER)
            case "text":
                return Constant(token.text[1:-1], Kind.TEXT)
            case "true" | "false":
                return Constant(token.what == "true", Kind.TRUTH)
            case "name" if self._take("("):
                return self._call(token)
            case "name":
                return self._variable(token)
            case "(":
                inner = self.expression()
                self.expect(")", "the closing bracket is missing")
                return inner
        what = "something is missing" if token.what == "end" else f"“{token.text}” cannot stand"
        raise ExpressionError(token.at, f"{what} here; write a variable, a number or a text in quotes")

    def _call(self, token: _Token) -> Expression:
        signature = FUNCTIONS.get(token.text)
        if signature is None:
            known = ", ".join(FUNCTIONS)
            raise ExpressionError(token.at, f"“{token.text}” is no function; there is {known}")
        arguments: list[Expression] = []
        while self._next.what != ")":
            if arguments:
                self.expect(",", "a comma or the closing bracket is missing")
            arguments.append(self.expression())
        self.expect(")", "the closing bracket is missing")
        return self._applied(token, token.text, (signature,), *arguments)

    def _variable(self, token: _Token) -> Variable:
        return readable(token.text, token.at, self._variables, self._unknown)

    def _applied(
        self, token: _Token, name: str, signatures: tuple[Signature, ...], *arguments: Expression
    ) -> Expression:
        kinds = tuple(argument.kind for argument in arguments)
        for signature in signatures:
            if signature.takes == kinds:
                return Apply(name, signature.work, arguments, signature.gives)
        takes = " or ".join(", ".join(_KIND_WORDS[kind] for kind in one.takes) for one in signatures)
        given = ", ".join(_KIND_WORDS[kind] for kind in kinds) or "nothing"
        raise ExpressionError(token.at, f"“{token.text}” takes {takes}; here it is given {given}")

    def _of_kind(self, kind: Kind, expression: Expression, at: int) -> Expression:
        if expression.kind is not kind:
            raise ExpressionError(
                at, f"this has to be {_KIND_WORDS[kind]}; what stands here is {_KIND_WORDS[expression.kind]}"
            )
        return expression

    def _deeper(self, at: int) -> None:
        self._depth += 1
        if self._depth > DEPTH_MOST:
            raise ExpressionError(at, f"nested deeper than {DEPTH_MOST} brackets; work it out in several steps")


def kind_in_words(kind: Kind) -> str:
    """“a text”, “a number”, “true or false”."""
    return _KIND_WORDS[kind]
