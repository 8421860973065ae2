"""Names that people give to columns of identifiers, so that numbers below them are not what is forecast."""

from __future__ import annotations

import re
from typing import Any

_IDENTIFIERS = "id ids identifier uuid guid sku ean upc gtin isbn code nr nbr nummer kennung"
_THINGS = (
    "store shop item product dept department branch outlet station sensor meter device customer client location site"
    " region series filiale artikel produkt kunde zähler magasin produit tienda producto"
)
_ASIAN = re.compile(
    "(?:번호|코드|아이디|コード|番号|编号|代码|编码)$|^(?:매장|점포|상품|지점|店舗|商品|门店)$"
)


def is_identifier_name(name: Any) -> bool:
    """Whether a name says that the column identifies something, as ``store_id`` and ``StoreID`` do."""
    words = _words(name)
    last = words[-1] if words else ""
    return (
        last in _IDENTIFIERS.split()
        or last.endswith(("nummer", "nr"))
        or _ASIAN.search(str(name).strip()) is not None
    )


def is_thing_name(name: Any) -> bool:
    """Whether a name is that of a thing of which there are many, as ``store``: whole numbers below it may name them."""
    words = _words(name)
    return len(words) == 1 and words[0] in _THINGS.split()


def _words(name: Any) -> list[str]:
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(name))
    return re.findall(r"[^\W\d_]+", parted.lower())
