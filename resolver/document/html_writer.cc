// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "resolver/base/digest.h"
#include "resolver/base/text_layout.h"
#include "resolver/charts/charts.h"
#include "resolver/document/document.h"
#include "resolver/document/phrases.h"
#include "resolver/document/reading.h"

namespace cenote::document {
namespace {

using charts::escaped;

constexpr std::size_t kShortCell = 12;  // columns; a shorter text, such as a day, is not divided
constexpr std::size_t kWideCell = 40;   // columns; a longer text gets more room in its table

class HtmlWriter {
public:
    explicit HtmlWriter(Language language) : language_(language) {}

    void write(const Block& block, const BlockPlace& place) {
        place_ = &place;
        std::visit(*this, block);
    }
    [[nodiscard]] std::string finish() && { return std::move(out_); }

    void operator()(const Heading& heading) { out_ += fmt::format("<h3>{}</h3>\n", escaped(heading.text)); }
    void operator()(const Paragraph& paragraph) { out_ += fmt::format("<p>{}</p>\n", escaped(paragraph.text)); }
    void operator()(const Facts& facts) {
        out_ += "<table class=\"facts\">\n<tbody>\n";
        for (const auto& [label, value] : facts.rows)
            out_ += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escaped(label), escaped(value));
        out_ += "</tbody>\n</table>\n";
    }
    void operator()(const Points& points) {
        out_ += "<ul class=\"points\">\n";
        for (const auto& point : points.points) {
            out_ += "<li>";
            if (!point.mark.empty())
                out_ += fmt::format("<span class=\"mark {}\">{}</span> ", grade(point), escaped(point.mark));
            out_ += escaped(point.text);
            if (!point.command.empty())
                out_ += fmt::format("<pre tabindex=\"0\"><code>{}</code></pre>", escaped(point.command));
            out_ += "</li>\n";
        }
        out_ += "</ul>\n";
    }
    void operator()(const Verbatim& verbatim) {
        out_ += "<pre tabindex=\"0\"><code>";
        std::string_view text = verbatim.text;
        while (!text.empty()) {  // the lines are ours, everything else that controls a page is not
            const std::size_t end = std::min(text.find('\n'), text.size());
            out_ += escaped(text.substr(0, end)) + "\n";
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        out_ += "</code></pre>\n";
    }
    void operator()(const Table& table) {
        out_ += fmt::format(
            "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"{0}\">\n<table>\n<caption "
            "id=\"{0}\">{1}</caption>\n<thead><tr>",
            place_->anchor, escaped(table.title));
        for (const Column& column : table.columns)
            if (!column.csv_only)
                out_ += fmt::format("<th scope=\"col\"{}>{}</th>", column.number ? " class=\"n\"" : "",
                                    escaped(column.title));
        out_ += "</tr></thead>\n<tbody>\n";
        for (const auto& row : table.rows) write_row(table, row);
        out_ += "</tbody>\n</table>\n</div>\n";
        if (!table.note.empty()) out_ += fmt::format("<p class=\"note\">{}</p>\n", escaped(table.note));
    }
    void operator()(const Figure& figure) {
        const auto drawn =
            std::visit([](const auto& chart) { return std::pair(charts::svg(chart), chart.frame); }, figure.chart);
        out_ += fmt::format(
            "<figure>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
            "aria-label=\"{0}\">\n{1}</div>\n<figcaption>{0}",
            escaped(drawn.second.title), drawn.first);
        if (!place_->table.empty())
            out_ += fmt::format(". <a href=\"#{}\">{}</a>", place_->table, escaped(link_text(place_->table_title)));
        if (!figure.marks.empty()) {
            out_ += "\n<ul>\n";
            for (const std::string& mark : figure.marks) out_ += fmt::format("<li>{}</li>\n", escaped(mark));
            out_ += "</ul>\n";
        }
        out_ += "</figcaption>\n</figure>\n";
    }

private:
    /// A class of the page's own; what stands in the data is none.
    static std::string_view grade(const Points::Point& point) {
        for (const std::string_view known : {"high", "middle", "low", "red", "amber", "green"})
            if (point.grade == known) return known;
        return "plain";
    }

    [[nodiscard]] std::string link_text(const std::string& title) const {
        std::string text(phrase("figure_table", language_));
        constexpr std::string_view kTitle = "{title}";
        return text.replace(text.find(kTitle), kTitle.size(), title);
    }

    static std::string class_of(const Column& column, const Cell& cell) {
        if (column.number) return " class=\"n\"";
        const std::size_t width = width_of(cell.text);
        if (width <= kShortCell) return " class=\"s\"";
        return width > kWideCell ? " class=\"w\"" : "";
    }

    static std::string text_of_cell(const Cell& cell) {
        if (cell.link.empty()) return escaped(cell.text);
        return fmt::format("<a href=\"{}\">{}</a>", escaped(cell.link), escaped(cell.text));
    }

    /// The first column of text names the row.
    void write_row(const Table& table, const std::vector<Cell>& row) {
        out_ += "<tr>";
        bool named = false;
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (table.columns[i].csv_only) continue;
            const std::string kind = class_of(table.columns[i], row[i]);
            const bool head = !named;
            named = true;
            const std::string text = text_of_cell(row[i]);
            out_ += head ? fmt::format("<th scope=\"row\"{}>{}</th>", kind, text)
                         : fmt::format("<td{}>{}</td>", kind, text);
        }
        out_ += "</tr>\n";
    }

    Language language_;
    const BlockPlace* place_ = nullptr;
    std::string out_;
};

std::string anchor(const Section& section, std::size_t index) { return fmt::format("{}-{}", section.id, index); }

/// The table of a figure is the next one with its id.
BlockPlace place_of(const Section& section, std::size_t index) {
    BlockPlace place{anchor(section, index), "", ""};
    const auto* figure = std::get_if<Figure>(&section.blocks[index]);
    if (figure == nullptr) return place;
    for (std::size_t i = index + 1; i < section.blocks.size(); ++i)
        if (const auto* table = std::get_if<Table>(&section.blocks[i]); table != nullptr && table->id == figure->table)
            return {std::move(place.anchor), anchor(section, i), table->title};
    return place;
}

std::string contents(const std::vector<Section>& all, const Reading& reading) {
    std::string out = fmt::format("<nav aria-labelledby=\"contents\">\n<h2 id=\"contents\">{}</h2>\n<ol>\n",
                                  escaped(reading.say("contents")));
    for (const Section& one : all) {
        const std::string_view title = one.title;
        out += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", one.id, escaped(title.substr(title.find(' ') + 1)));
    }
    return out + "</ol>\n</nav>\n";
}

std::string head(const Reading& reading, const std::string& title, const std::string& stamped) {
    const std::string style = fmt::format("{}{}", charts::style(), page_style());
    const auto digest = sha256({reinterpret_cast<const std::uint8_t*>(style.data()), style.size()});
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
        "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; "
        "form-action 'none'\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta "
        "name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<meta "
        "name=\"cenote-report\" content=\"{}\">\n<title>{}</title>\n<style>{}</style>\n</head>\n",
        language_tag(reading.language()), to_base64(digest), escaped(stamped), escaped(title), style);
}

}  // namespace

std::string html_of(const Section& section, Language language) {
    HtmlWriter writer(language);
    for (std::size_t i = 0; i < section.blocks.size(); ++i) writer.write(section.blocks[i], place_of(section, i));
    return fmt::format("<h2>{}</h2>\n{}", escaped(section.title), std::move(writer).finish());
}

std::string html_of(const Block& block, Language language, const BlockPlace& place) {
    HtmlWriter writer(language);
    writer.write(block, place);
    return std::move(writer).finish();
}

Result<std::string> html(const Json& report, Language language) {
    const auto reading = Reading::of(report, language);
    if (!reading) return reading.error();
    const auto all = sections(report, language);
    if (!all) return all.error();
    const auto stamped = stamp(report, language);
    if (!stamped) return stamped.error();
    const std::string own = text_at(report, "made.title");
    const std::string title = own.empty() ? reading->say("report") : own;
    std::string out = head(*reading, title, *stamped);
    out += fmt::format(
        "<body>\n<a class=\"skip\" href=\"#report\">{}</a>\n<header>\n<h1>{}</h1>\n{}</header>\n{}<main "
        "id=\"report\">\n",
        escaped(reading->say("skip")), escaped(title),
        own.empty() ? std::string() : fmt::format("<p>{}</p>\n", escaped(reading->say("report"))),
        contents(*all, *reading));
    for (const Section& one : *all)
        out += fmt::format("<section id=\"{}\">\n{}</section>\n", one.id, html_of(one, language));
    return out + fmt::format("</main>\n<footer>\n<p>data_digest <code>{}</code></p>\n</footer>\n</body>\n</html>\n",
                             escaped(text_at(report, "data_digest")));
}

}  // namespace cenote::document
