// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "resolver/base/printable.h"
#include "resolver/base/text_layout.h"
#include "resolver/document/document.h"
#include "resolver/document/reading.h"
#include "resolver/document/text_charts.h"

namespace cenote::document {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kShortTitle = 10;               // of a column of numbers; a longer one is wrapped
constexpr std::string_view kNoBreakSpace = "\u00a0";  // a blank at which no cell is divided

std::string plain(std::string_view text) { return std::string(text); }

class TextWriter {
public:
    void operator()(const Heading& heading) {
        line("");
        wrap(heading.text, 0);
        line(std::string(std::min(width_of(printable(heading.text)), kColumns), '-'));
    }
    void operator()(const Paragraph& paragraph) {
        line("");
        wrap(paragraph.text, 0);
    }
    void operator()(const Facts& facts) {
        std::vector<TextRow> rows;
        for (const auto& [label, value] : facts.rows) rows.push_back({printable(label), printable(value)});
        line("");
        lay(rows);
    }
    void operator()(const Points& points) {
        line("");
        for (const auto& point : points.points) {
            wrap(point.mark.empty() ? "- " + point.text : fmt::format("- [{}] {}", point.mark, point.text), 2);
            if (!point.command.empty()) wrap("    $ " + point.command, 6);
        }
    }
    void operator()(const Verbatim& verbatim) {
        line("");
        std::string_view text = verbatim.text;
        while (!text.empty()) {
            const std::size_t end = std::min(text.find('\n'), text.size());
            wrap("    " + std::string(text.substr(0, end)), 4);
            text.remove_prefix(std::min(end + 1, text.size()));
        }
    }
    void operator()(const Table& table) {
        line("");
        wrap(table.title, 0);
        line("");
        lay(rows_of(table));
        if (table.note.empty()) return;
        line("");
        wrap(table.note, 0);
    }
    void operator()(const Figure& figure) {
        line("");
        for (const std::string& text : chart_lines(figure.chart, kColumns)) line(text);
        for (const std::string& mark : figure.marks) wrap(mark, 2);
    }

    [[nodiscard]] std::string finish() && { return std::move(out_); }

private:
    void line(std::string_view text) { out_.append(text).append("\n"); }
    void wrap(std::string_view text, std::size_t indent) { line(wrapped_text(printable(text), kColumns, indent)); }
    void lay(const std::vector<TextRow>& rows) {
        for (std::string text : lay_out(rows, kColumns, plain)) {
            for (auto at = text.find(kNoBreakSpace); at != std::string::npos; at = text.find(kNoBreakSpace, at))
                text.replace(at, kNoBreakSpace.size(), " ");
            text.erase(text.find_last_not_of(' ') + 1);
            line(text);
        }
    }

    /// The header, its rule, and the rows, with numbers at the right of their column.
    static std::vector<TextRow> rows_of(const Table& table) {
        std::vector<TextRow> rows(table.rows.size() + 2);
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            const Column& column = table.columns[i];
            if (column.csv_only) continue;
            std::size_t widest = longest_word(printable(column.title));
            if (column.number && width_of(printable(column.title)) <= kShortTitle)
                widest = width_of(printable(column.title));
            if (column.number)
                for (const auto& row : table.rows) widest = std::max(widest, width_of(row[i].text));
            rows[0].push_back(aligned(printable(column.title), column.number ? widest : 0));
            rows[1].push_back(std::string(std::min<std::size_t>(widest, 20), '-'));
            for (std::size_t j = 0; j < table.rows.size(); ++j)
                rows[j + 2].push_back(aligned(printable(table.rows[j][i].text), column.number ? widest : 0));
        }
        return rows;
    }
    static std::string aligned(const std::string& text, std::size_t width) {
        std::string out;
        for (std::size_t i = width_of(text); i < width; ++i) out += kNoBreakSpace;
        return out + text;
    }

    std::string out_;
};

}  // namespace

std::string text_of(const Section& section) {
    TextWriter writer;
    const std::string title = wrapped_text(printable(section.title), kColumns, 0);
    for (const Block& block : section.blocks) std::visit(writer, block);
    return fmt::format("{}\n{}\n{}", title, std::string(kColumns, '='), std::move(writer).finish());
}

Result<std::string> text(const Json& report, Language language) {
    const auto reading = Reading::of(report, language);
    if (!reading) return reading.error();
    const auto all = sections(report, language);
    if (!all) return all.error();
    const auto stamped = stamp(report, language);
    if (!stamped) return stamped.error();
    std::string out;
    for (const std::string& piece : wrapped(printable(reading->say("report")), kColumns)) out += piece + "\n";
    for (const Section& one : *all) out += "\n\n" + text_of(one);
    return out + "\ncenote-report " + *stamped + "\n";
}

}  // namespace cenote::document
