"""CDA tables: heads and rows, cells over several columns, and the column's name for each cell of a plain one."""

from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from messaging.domain.structured import Block, Cell, Paragraph, Run, Table
from messaging.letters.structured.xml import Element, attribute, child, children, local, words

MOST_SPAN = 50
LONGEST_LABEL = 80
Blocks = Callable[[Element], tuple[Block, ...]]
Take = Callable[[], bool]
Row = tuple[Cell, ...]


def table_of(element: Element, blocks: Blocks, take: Take) -> Table:
    """A `table` as rows of cells. `take` says whether there is room for one more."""
    head = _rows(_row_elements(element, "thead"), blocks, take)
    body = _rows(
        (*_loose(element), *_row_elements(element, "tbody"), *_row_elements(element, "tfoot")), blocks, take
    )
    if not head and body and all(cell.header for cell in body[0]) and len(body) > 1:
        head, body = body[:1], body[1:]
    caption = words(child(element, "caption"))
    if not caption and len(head) == 1 and len(head[0]) == 1 and head[0][0].columns > 1:
        caption, head = text_of(head[0][0].blocks), ()
    spans = _has_spans((*head, *body))
    labels = None if spans else _labels(head, body)
    if labels is None:
        return Table(head=head, rows=body, caption=caption, plain=not head and not spans)
    rows = tuple(
        tuple(replace(cell, label=label) for cell, label in zip(row, labels, strict=True)) for row in body
    )
    return Table(head=head, rows=rows, caption=caption, plain=True)


def flattened(table: Table) -> tuple[Block, ...]:
    """A table that only lays out: without a head, one cell a row. Its cells' blocks; other tables as they are."""
    if table.head or any(len(row) != 1 or row[0].header for row in table.rows):
        return (table,)
    caption = (Paragraph((Run(words=table.caption, strong=True),)),) if table.caption else ()
    return (*caption, *(block for row in table.rows for block in row[0].blocks))


def plain_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A table of words, without the columns that are empty everywhere."""
    listed = [list(row) for row in rows]
    used = [index for index in range(len(titles)) if any(row[index] for row in listed)]
    head = tuple(_cell(titles[index], header=True) for index in used)
    body = tuple(tuple(_cell(row[index], label=titles[index]) for index in used) for row in listed)
    return Table(head=(head,), rows=body, plain=True)


def _cell(text: str, *, header: bool = False, label: str = "") -> Cell:
    blocks = (Paragraph((Run(words=text),)),) if text else ()
    return Cell(blocks=blocks, header=header, label=label)


def _row_elements(table: Element, part: str) -> Iterable[Element]:
    return (row for group in children(table, part) for row in children(group, "tr"))


def _loose(table: Element) -> Iterable[Element]:
    """Rows without a `tbody` around them."""
    return children(table, "tr")


def _rows(elements: Iterable[Element], blocks: Blocks, take: Take) -> tuple[Row, ...]:
    rows = []
    for element in elements:
        cells = tuple(_cell_of(cell, blocks) for cell in children(element, "td", "th") if take())
        if any(cell.blocks for cell in cells):
            rows.append(cells)
    return tuple(rows)


def _cell_of(element: Element, blocks: Blocks) -> Cell:
    return Cell(
        blocks=blocks(element),
        header=local(element) == "th",
        columns=_span(element, "colspan"),
        rows=_span(element, "rowspan"),
    )


def _span(element: Element, name: str) -> int:
    value = attribute(element, name)
    return min(max(int(value), 1), MOST_SPAN) if value.isascii() and value.isdigit() and len(value) < 6 else 1


def _has_spans(rows: Iterable[Row]) -> bool:
    return any(cell.columns > 1 or cell.rows > 1 for row in rows for cell in row)


def _labels(head: Sequence[Row], body: Sequence[Row]) -> list[str] | None:
    """The columns' names, when there is one row of them and every row has just these columns."""
    if len(head) != 1 or not body:
        return None
    if any(len(row) != len(head[0]) for row in body):
        return None
    return [text_of(cell.blocks)[:LONGEST_LABEL] for cell in head[0]]


def text_of(blocks: Iterable[Block]) -> str:
    """The words of paragraphs on one line."""
    runs = (inline for block in blocks if isinstance(block, Paragraph) for inline in block.inlines)
    return " ".join("".join(run.words if isinstance(run, Run) else " " for run in runs).split())
