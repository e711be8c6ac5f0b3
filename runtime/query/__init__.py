"""MongoDB's language for filters, updates, sorting and projection, on JSON documents. No input or output.

A document is what `json.loads` makes: `dict` with text keys, `list`, `str`, `int`, `float`, `bool` and `None`. Text
that is a complete ISO 8601 date-time is a date (protocol section 3.7). `_id` at the start of a path means `Id`.
"""
