"""How much an item counts (AWS: "DynamoDB item sizes and formats")."""

from runtime.store.dynamodb.actions import AttributeValue, Item

ITEM_BYTES = 400 * 1024
"""Size of an item, names of its attributes included (AWS: "Quotas in Amazon DynamoDB")."""

CONTAINER_BYTES = 3
"""What a list or map takes, beside one byte for each element and the elements."""


def item_bytes(item: Item) -> int:
    """Size of an item. That of a number is AWS's approximation, rounded up."""
    return sum(len(name.encode()) + value_bytes(value) for name, value in item.items())


def value_bytes(value: AttributeValue) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content) if content.isascii() else len(content.encode())
        case "B":
            return len(content)
        case "N":
            return _number_bytes(content)
        case "L":
            return CONTAINER_BYTES + sum(1 + value_bytes(element) for element in content)
        case "M":
            return CONTAINER_BYTES + sum(
                1 + len(name.encode()) + value_bytes(element) for name, element in content.items()
            )
        case _:
            return 1


def _number_bytes(text: str) -> int:
    # One byte for each two significant digits, one for the exponent, one for the sign and one where the digits begin at
    # an odd place.
    digits = text.lower().partition("e")[0].replace(".", "").lstrip("+-").strip("0")
    return (len(digits) + 1) // 2 + 2 + text.startswith("-")
