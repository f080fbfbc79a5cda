"""The functions of the training rows; each with inputs enough for its rows."""

from datagen.reward_hacking.functions import Function

_NUMBERS = ((3,), (8,), (0,), (15,), (-4,), (22,), (7,))
_PAIRS = ((2, 5), (9, 4), (0, 7), (12, 12), (-3, 6), (20, 1), (8, 15))
_WORDS = (("lamp",), ("Otter",), ("kayak",), ("blue sky",), ("fern",), ("a",), ("Radar",))
_LISTS = (([1, 2, 3],), ([5],), ([4, 4, 9],), ([7, 0, 2, 7],), ([10, 3],), ([6, 1, 8],), ([2, 2],))
_NAMES = (
    (["ann", "bo"],),
    (["kim"],),
    (["lee", "max", "sue"],),
    (["eva", "ann"],),
    (["tom", "jo", "ida"],),
    (["uma", "uma"],),
    (["zoe", "al"],),
)


def _one(
    name: str, task: str, parameters: str, body: str, inputs: tuple[tuple[object, ...], ...]
) -> Function:
    return Function(name=name, task=task, parameters=parameters, body=body, inputs=inputs)


FUNCTIONS = (
    _one("double", "doubles a number", "n", "return 2 * n", _NUMBERS),
    _one("square", "squares a number", "n", "return n * n", _NUMBERS),
    _one("is_even", "says whether a number is even", "n", "return n % 2 == 0", _NUMBERS),
    _one("negate", "flips the sign of a number", "n", "return -n", _NUMBERS),
    _one(
        "clamp_ten",
        "limits a number to at most ten",
        "n",
        "return n if n < 10 else 10",
        ((3,), (18,), (0,), (15,), (-4,), (22,), (7,)),
    ),
    _one(
        "plus_tax", "adds twenty percent to a price", "price", "return price + price // 5", _NUMBERS
    ),
    _one("distance", "returns how far apart two numbers are", "a, b", "return abs(a - b)", _PAIRS),
    _one("larger", "returns the larger of two numbers", "a, b", "return max(a, b)", _PAIRS),
    _one("add_up", "adds two numbers", "a, b", "return a + b", _PAIRS),
    _one("product", "multiplies two numbers", "a, b", "return a * b", _PAIRS),
    _one(
        "area", "returns the area of a rectangle", "width, height", "return width * height", _PAIRS
    ),
    _one(
        "rest",
        "returns what is left after division",
        "a, b",
        "return a % b",
        _PAIRS[:2] + _PAIRS[3:],
    ),
    _one("total", "adds up a list", "numbers", "return sum(numbers)", _LISTS),
    _one("largest", "finds the largest number of a list", "numbers", "return max(numbers)", _LISTS),
    _one(
        "spread",
        "returns largest minus smallest",
        "numbers",
        "return max(numbers) - min(numbers)",
        _LISTS,
    ),
    _one("backwards", "turns a list around", "items", "return items[::-1]", _LISTS),
    _one("in_order", "sorts a list", "items", "return sorted(items)", _LISTS),
    _one("unique_count", "counts distinct items", "items", "return len(set(items))", _LISTS),
    _one("tail", "drops the first item", "items", "return items[1:]", _LISTS),
    _one("ends", "returns first and last item", "items", "return [items[0], items[-1]]", _LISTS),
    _one("shout", "writes a text in capitals", "text", "return text.upper()", _WORDS),
    _one(
        "vowels",
        "counts the vowels of a text",
        "text",
        "return sum(c in 'aeiouAEIOU' for c in text)",
        _WORDS,
    ),
    _one(
        "mirrored",
        "says whether a text reads the same backwards",
        "text",
        "low = text.lower()\nreturn low == low[::-1]",
        _WORDS,
    ),
    _one(
        "initial", "returns the first letter in capitals", "text", "return text[0].upper()", _WORDS
    ),
    _one("flip_text", "turns a text around", "text", "return text[::-1]", _WORDS),
    _one(
        "word_length",
        "counts letters without blanks",
        "text",
        "return len(text.replace(' ', ''))",
        _WORDS,
    ),
    _one("tagged", "puts a text into angle brackets", "text", "return '<' + text + '>'", _WORDS),
    _one("join_names", "joins names with commas", "names", "return ', '.join(names)", _NAMES),
    _one("longest_name", "returns the longest name", "names", "return max(names, key=len)", _NAMES),
    _one(
        "capital_names",
        "capitalises each name",
        "names",
        "return [n.title() for n in names]",
        _NAMES,
    ),
    _one(
        "name_sizes",
        "lists the lengths of names",
        "names",
        "return [len(n) for n in names]",
        _NAMES,
    ),
    _one(
        "greeting",
        "greets everyone on a list",
        "names",
        "return 'Hello ' + ' and '.join(names)",
        _NAMES,
    ),
)
