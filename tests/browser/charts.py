# SPDX-License-Identifier: Apache-2.0
"""The charts of a page against its tables: what charts.js reads there, by the geometry of resolver/charts. Each length
that is drawn must be, to the hundredth, the one of the number in the table."""
import pathlib
import re

SCRIPT = (pathlib.Path(__file__).parent / "charts.js").read_text()
TONES = ("block", "restrict", "advise", "observe", "exception", "allow", "accent")
LEFT, WIDTH = 7400, 64200  # of the plots over time


def number_of(text):
    """None: it is hidden or not counted."""
    return int(text.replace(",", "")) if re.fullmatch(r"\d[\d,]*", text) else None


def part(whole, amount, of):
    return whole * amount // of if of else 0


class Chart:
    """A chart of a page with its table; None: the page has no numbers for one."""

    def __init__(self, test, page, drawn, table):
        self.test = test
        self.place = f"{page}: {drawn['id']}"
        self.drawn = drawn
        self.table = table
        self.heads = table["heads"] if table else []
        self.rows = table["rows"] if table else []
        self.compared = 0  # numbers of the table that are not 0

    def same(self, drawn, expected, what):
        self.test.assertEqual(drawn, expected, f"{self.place}: {what}")

    def amount(self, row, column):
        number = number_of(row[column])
        self.compared += number not in (None, 0)
        return number

    def texts(self, **having):
        return [text for text in self.drawn["texts"] if all(text[key] == value for key, value in having.items())]

    def legend(self, above):
        """{tone: its name}, without the letter before it."""
        names = {(text["x"], text["y"]): text["text"] for text in self.drawn["texts"]}
        return {box["look"]: re.sub("^[BRAOEL] ", "", names[box["x"] + 1900, box["y"] + 1000])
                for box in self.drawn["boxes"] if box["y"] < above and box["look"] in TONES}

    def columns_of(self, legend):
        """{tone: its column of the table}; a chart of one series has no legend, and shows the queries."""
        names = legend or {tone: "Queries" for tone in {box["look"] for box in self.drawn["boxes"]} & {*TONES}}
        return {tone: self.heads.index(name) for tone, name in names.items() if name in self.heads}

    def end_of_axis(self, top, floor):
        """The number at its upper end; the others stand where they belong."""
        marks = {text["y"] - 400: number_of(text["text"]) for text in self.texts(x=LEFT - 600, anchor="end")}
        for y, number in marks.items():
            self.same(y, floor - part(floor - top, number, marks[top]), f"the place of {number} on the axis")
        return marks[top]

    def check_days(self, floor):
        """The labels below a plot are those of the rows at their places."""
        labels = self.texts(y=floor + 1600, anchor="start")
        self.test.assertTrue(labels or not self.rows, f"{self.place}: no label below the plot")
        for label in labels:
            row = next(i for i in range(len(self.rows)) if LEFT + part(WIDTH, i, len(self.rows)) == label["x"])
            self.test.assertIn(label["text"], self.names_of(row), f"{self.place}: the label of row {row + 1}")

    def names_of(self, row):
        name = self.rows[row][0].removesuffix(" *")
        return (name, f"{int(name):02}:00") if name.isdigit() else (name,)

    def row_at(self, box):
        return int((box["x"] + box["width"] / 2 - LEFT) * len(self.rows) / WIDTH)


class Columns(Chart):
    def compare(self):
        floor = self.drawn["height"] - 2400
        top = floor - 19000
        end = self.end_of_axis(top, floor)
        self.check_days(floor)
        legend = self.legend(top)
        columns = self.columns_of(legend)
        if self.drawn["id"] == "c-days":  # of a report: the six verdicts, with names of their own
            columns = {tone: 1 + i for i, tone in enumerate(TONES[:6])}
        self.test.assertTrue(columns and {*legend} <= {*columns}, f"{self.place}: series without a column")
        hatched = set()
        boxes = [[] for _ in self.rows]
        for box in self.drawn["boxes"]:
            if box["y"] >= top and box["look"] == "gap":
                hatched.add(self.row_at(box))
            elif box["y"] >= top and box["look"] in TONES:
                boxes[self.row_at(box)].append(box)
        for i, row in enumerate(self.rows):
            self.compare_column(i, row, boxes[i], columns, (floor, end))
        self.same(hatched, {i for i, row in enumerate(self.rows) if self.is_gap(row, columns)}, "rows with gaps")

    def compare_column(self, number, row, boxes, columns, plot):
        floor, end = plot
        foot = floor
        for box in sorted(boxes, key=lambda box: -box["y"]):
            self.same(box["y"] + box["height"], foot, f"the foot of a box in row {number + 1}")
            foot = box["y"]
        expected = {tone: part(19000, self.amount(row, column) or 0, end) for tone, column in columns.items()}
        self.same({box["look"]: box["height"] for box in boxes},
                  {tone: high for tone, high in expected.items() if high}, f"row {number + 1}")
        if "Queries" in self.heads:
            parts = [number_of(row[column]) or 0 for column in columns.values()]
            self.same(sum(parts), number_of(row[self.heads.index("Queries")]) or 0, f"the sum of row {number + 1}")

    def is_gap(self, row, columns):
        if "Gap" in self.heads:
            return row[self.heads.index("Gap")] != "–"
        return row[0].endswith(" *") or None in [number_of(row[column]) for column in columns.values()]


class Bars(Chart):
    def compare(self):
        labels = sorted(self.texts(x=18200, anchor="end"), key=lambda text: text["y"])
        queries = self.heads.index("Queries")
        rows = [row for row in self.rows if number_of(row[queries])]  # fewer than a chart has bars
        self.same([label["text"] for label in labels], [row[0] for row in rows], "the bars")
        legend = self.legend(labels[0]["y"] - 1100)
        columns = self.columns_of(legend)
        greatest = max(number_of(row[queries]) for row in rows)
        for label, row in zip(labels, rows):
            boxes = [box for box in self.drawn["boxes"] if box["y"] == label["y"] - 1100 and box["height"] == 1400]
            self.compare_bar(row, boxes, columns, greatest)
            total, = [text for text in self.texts(y=label["y"], anchor="start")]
            self.same(number_of(total["text"]), self.amount(row, queries), f"the text of {row[0]}")
            self.same(total["x"], 19000 + sum(box["width"] for box in boxes) + 600, f"the place of that of {row[0]}")

    def compare_bar(self, row, boxes, columns, greatest):
        total = number_of(row[self.heads.index("Queries")])
        # Each of the boxes may have lost a part of a hundredth.
        self.test.assertAlmostEqual(sum(box["width"] for box in boxes), part(41000, total, greatest), delta=len(boxes),
                                    msg=f"{self.place}: {row[0]}")
        if columns:  # the tables of a report have no verdicts of services
            expected = {tone: part(41000, self.amount(row, column) or 0, greatest) for tone, column in columns.items()}
            self.same({box["look"]: box["width"] for box in boxes},
                      {tone: wide for tone, wide in expected.items() if wide}, row[0])


class Heatmap(Chart):
    def compare(self):
        columns = [text["text"] for text in sorted(self.texts(anchor="rising"), key=lambda text: text["x"])]
        rows = [text["text"] for text in sorted(self.texts(x=14200, anchor="end"), key=lambda text: text["y"])]
        expected = self.table_texts(rows, columns)
        amounts = {place: number_of(text) for place, text in expected.items()}
        greatest = max((amount or 0 for amount in amounts.values()), default=0)
        looks = {(box["x"], box["y"]): box["look"] for box in self.drawn["boxes"] if box["look"] != "cp"}
        self.same(len(looks), len(rows) * len(columns), "the number of cells")
        for i, row in enumerate(rows):
            for j, column in enumerate(columns):
                amount = amounts[row, column]
                x, y = 15000 + 4200 * j, 11200 + 2200 * i
                shown, = self.texts(x=x + 2100, y=y + 1500, anchor="middle")
                look = "gap" if amount is None else f"h{shade(amount, greatest)}"
                self.same(looks[x, y], look, f"the shade of {row}, {column}")
                self.test.assertTrue(states(shown["text"], amount),
                                     f"{self.place}: '{shown['text']}' for {amount} of {row}, {column}")
                self.compared += amount not in (None, 0)

    def table_texts(self, rows, columns):
        """{(row, column): text} of a table with the same columns, or with a row for each pair."""
        own = self.heads[-len(columns):]
        if all(head.endswith(column) for head, column in zip(own, columns)) and len(self.rows) == len(rows):
            texts = {}
            for name, row in zip(rows, self.rows):
                heads = row[:2] if "Transport" in self.heads else row[:1]
                self.same(name.strip(), " ".join(reversed(heads)).strip(), "the name of a row")
                texts |= {(name, column): text for column, text in zip(columns, row[-len(columns):])}
            return texts
        value = self.heads.index("Episodes" if self.drawn["id"] == "c-groups" else "Queries")
        pairs = {(row[0], row[1]): row[value] for row in self.rows}
        self.test.assertLessEqual({*pairs}, {(row, column) for row in rows for column in columns}, self.place)
        return {(row, column): pairs.get((row, column), "0") for row in rows for column in columns}


def states(text, amount):
    """Whether the text of a cell states an amount: "9,999", "12k", "3M", and nothing for 0."""
    if whole := re.fullmatch(r"([\d,]+)([kM])", text):
        return amount is not None and number_of(whole[1]) == amount // {"k": 10 ** 3, "M": 10 ** 6}[whole[2]]
    return number_of(text or "0") == amount


def shade(amount, greatest):
    """As resolver/charts/svg.cc has it."""
    if not amount:
        return 0
    return 1 + sum(amount * 4 ** power > greatest for power in (1, 2, 3))


class Lines(Chart):
    def compare(self):
        top, floor = 4000, 21000
        end = self.end_of_axis(top, floor)
        self.check_days(floor)
        column = self.heads.index("Episodes")
        expected = [self.amount(row, column) for row in self.rows]
        self.compare_points(expected, (LEFT, WIDTH), (floor, floor - top), end)
        hatched = {self.row_at(box) for box in self.drawn["boxes"] if box["look"] == "gap"}
        self.same(hatched, {i for i, amount in enumerate(expected) if amount is None}, "rows without a number")

    def compare_points(self, expected, across, up, end):
        """`across`: where the plot begins and its width; `up`: where its floor is and its height."""
        points = {(across[0] + part(across[1], 2 * i + 1, 2 * len(expected)), up[0] - part(up[1], amount, end))
                  for i, amount in enumerate(expected) if amount is not None}
        self.same({tuple(point) for point in self.drawn["points"]}, points, "the points")


class Sparkline(Lines):
    def compare(self):
        if not self.table:
            self.same({y for _, y in self.drawn["points"]}, {2200}, "a line at the foot, where nothing was counted")
            return
        expected = [self.amount(row, self.heads.index("Queries")) for row in self.rows]
        self.compare_points(expected, (200, 11600), (2200, 2000), max(amount or 0 for amount in expected))


# Ids of charts, those of their tables, and what they are.
KINDS = (("trend", "over_time", Sparkline), ("over-time", "over_time", Columns), ("hours-of-day", "hours", Columns),
         ("services", "services", Bars), ("pairs", "pairs", Heatmap), ("c-(transports|sources)", r"\1", Bars),
         ("c-(latency)", r"\1", Heatmap), (r"c-(matrix\d+)", r"\1", Heatmap), ("c-signals", "signal_groups", Heatmap),
         ("c-days-([a-z]+)", r"days_\1", Heatmap),
         # of a report
         ("c-(services)", r"\1", Bars), ("c-(days|hours)", r"\1", Columns), ("c-groups", "group_services", Heatmap),
         (r"c-directive-\d+", "directive_days", Lines))


def compare_page(test, page, found):
    """{id of a chart: how many numbers other than 0 of its table it has}."""
    compared = {}
    for drawn in found["charts"]:
        matches = [(match, table, kind) for name, table, kind in KINDS if (match := re.fullmatch(name, drawn["id"]))]
        test.assertEqual(len(matches), 1, f"{page}: what kind of chart is '{drawn['id']}'?")
        match, table_id, kind = matches[0]
        below = [table for table in found["tables"]
                 if table["id"] == match.expand(table_id) and table["at"] > drawn["at"]]
        test.assertTrue(below or kind is Sparkline, f"{page}: {drawn['id']} has no table")
        if drawn["read"] is not None:
            test.assertEqual(drawn["read"], below[0]["at"], f"{page}: the cursor of {drawn['id']} reads another table")
        chart = kind(test, page, drawn, below[0] if below else None)
        chart.compare()
        compared[drawn["id"]] = chart.compared
    return compared
