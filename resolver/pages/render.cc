// SPDX-License-Identifier: Apache-2.0
#include "resolver/pages/render.h"

#include <fmt/format.h>

#include "resolver/charts/charts.h"
#include "resolver/document/document.h"
#include "resolver/pages/frame.h"
#include "resolver/pages/pages.h"

namespace cenote::pages {
namespace {

using charts::escaped;

constexpr std::size_t kRowsOpen = 20;  // a table behind a chart with more rows is folded away

/// Writes the blocks of a section: those of a report by the report's writer, and what only pages have.
class SectionWriter {
public:
    SectionWriter(const Request& request, const PageSection& section) : request_(request), section_(section) {}

    [[nodiscard]] std::string finish() && {
        for (index_ = 0; index_ < section_.blocks.size(); ++index_) std::visit(*this, section_.blocks[index_]);
        return std::move(out_);
    }

    template <typename Block>
    void operator()(const Block& block) {
        out_ += document::html_of(document::Block(block), request_.language, {anchor(index_), "", ""});
    }
    void operator()(const document::Table& table) {
        const std::string address = address_of(request_, request_.path, {{"csv", table.id}});
        const std::string inside =
            document::html_of(document::Block(table), request_.language, {anchor(index_), "", ""}) +
            fmt::format("<p class=\"tools\"><a href=\"{}\" aria-label=\"{}: {}\">{}</a></p>\n", escaped(address),
                        escaped(say(request_.language, "csv")), escaped(table.title),
                        escaped(say(request_.language, "csv")));
        if (is_behind_figure(table.id))
            out_ += fmt::format("<details class=\"sheet\" id=\"{}-table\"{}>\n<summary>{}</summary>\n{}</details>\n",
                                anchor(index_), table.rows.size() <= kRowsOpen ? " open" : "",
                                escaped(say(request_.language, "table.show", {{"title", table.title}})), inside);
        else
            out_ += fmt::format("<div class=\"sheet\">\n{}</div>\n", inside);
    }
    void operator()(const document::Figure& figure) {
        out_ += document::html_of(document::Block(figure), request_.language, {anchor(index_), "", ""});
    }
    void operator()(const TimeFigure& figure) {
        out_ += fmt::format(
            "<div class=\"timed\" data-from=\"{}\" data-each=\"{}\" data-left=\"{}\" data-width=\"{}\" "
            "data-table=\"{}\" data-help=\"{}\">\n{}</div>\n",
            figure.from.time_since_epoch().count(), figure.each.count(), charts::kColumnsLeft, charts::kColumnsWidth,
            anchor_of_table(figure.figure), escaped(say(request_.language, "chart.help")),
            document::html_of(document::Block(figure.figure), request_.language, {anchor(index_), "", ""}));
    }
    void operator()(const Tiles& tiles) {
        out_ += "<ul class=\"tiles\">\n";
        for (const Tile& tile : tiles.tiles) {
            std::string inside =
                fmt::format("<span class=\"title\">{}</span> <b>{}</b>", escaped(tile.title), escaped(tile.value));
            if (!tile.change.empty()) inside += fmt::format(" <span class=\"change\">{}</span>", escaped(tile.change));
            if (!tile.trend.amounts.empty()) inside += charts::svg(tile.trend);
            out_ += tile.href.empty() ? fmt::format("<li><div>{}</div></li>\n", inside)
                                      : fmt::format("<li><a href=\"{}\">{}</a></li>\n", escaped(tile.href), inside);
        }
        out_ += "</ul>\n";
    }
    void operator()(const Offer& offer) {
        out_ += fmt::format(
            "<div class=\"offer\">\n<p>{}</p>\n<pre tabindex=\"0\" aria-label=\"{}\"><code>{}</code></pre>\n</div>\n",
            escaped(offer.text), escaped(say(request_.language, "offer.label")), escaped(offer.line));
    }
    void operator()(const Links& links) {
        out_ += "<ul class=\"links\">\n";
        for (const auto& [text, address] : links.links)
            out_ += fmt::format("<li><a href=\"{}\">{}</a></li>\n", escaped(address), escaped(text));
        out_ += "</ul>\n";
    }

private:
    [[nodiscard]] std::string anchor(std::size_t index) const { return fmt::format("{}-{}", section_.id, index); }

    [[nodiscard]] static const document::Figure* figure_in(const Block& block) {
        if (const auto* timed = std::get_if<TimeFigure>(&block)) return &timed->figure;
        return std::get_if<document::Figure>(&block);
    }
    [[nodiscard]] bool is_behind_figure(std::string_view table) const {
        for (std::size_t i = 0; i < index_; ++i)
            if (const auto* figure = figure_in(section_.blocks[i]); figure != nullptr && figure->table == table)
                return true;
        return false;
    }
    [[nodiscard]] std::string anchor_of_table(const document::Figure& figure) const {
        for (std::size_t i = index_ + 1; i < section_.blocks.size(); ++i)
            if (const auto* table = std::get_if<document::Table>(&section_.blocks[i]);
                table != nullptr && table->id == figure.table)
                return anchor(i);
        return "";
    }

    const Request& request_;
    const PageSection& section_;
    std::size_t index_ = 0;
    std::string out_;
};

/// Pages that show what happens now are made again every ten seconds.
std::string refresh_data(const Words& words, const Range* range) {
    if (range == nullptr || (range->word != "1h" && range->word != "24h" && range->word != "7d")) return "";
    return fmt::format(" data-refresh=\"10\" data-pause=\"{}\" data-go-on=\"{}\" data-every=\"{}\" data-paused=\"{}\"",
                       escaped(words.say("refresh.pause")), escaped(words.say("refresh.go_on")),
                       escaped(words.say("refresh.every")), escaped(words.say("refresh.paused")));
}

}  // namespace

const document::Table* find_table(const Page& page, std::string_view id) {
    for (const PageSection& section : page.sections)
        for (const Block& block : section.blocks)
            if (const auto* table = std::get_if<document::Table>(&block); table != nullptr && table->id == id)
                return table;
    return nullptr;
}

std::string sections_html(const Request& request, const std::vector<PageSection>& sections) {
    std::string out;
    for (const PageSection& section : sections) {
        out +=
            fmt::format("<section id=\"{}\"{}>\n", section.id,
                        section.title.empty() ? std::string() : fmt::format(" aria-labelledby=\"{}-h\"", section.id));
        if (!section.title.empty()) out += fmt::format("<h2 id=\"{}-h\">{}</h2>\n", section.id, escaped(section.title));
        out += SectionWriter(request, section).finish() + "</section>\n";
    }
    return out;
}

std::string page_begin(const Site& site, const Words& words, const Page& page, const Range* range,
                       const Surroundings& around) {
    std::string out = head_html(site.request.language, page.title, page.script);
    out += fmt::format("<body>\n<a class=\"skip\" href=\"#main\">{}</a>\n", escaped(words.say("skip")));
    out += header_html(site, words, around);
    out += "<div class=\"body\">\n" + navigation_html(site, words, page.nav);
    out += fmt::format("<main id=\"main\" tabindex=\"-1\"{}>\n<h1>{}</h1>\n", refresh_data(words, range),
                       escaped(page.title));
    for (const std::string& trouble : around.troubles)
        out += fmt::format("<p class=\"trouble\" role=\"status\">{}</p>\n", escaped(trouble));
    if (range != nullptr) out += range_html(site, words, *range, around);
    return out + page.body_before;
}

std::string page_end(const Words& words, const Surroundings& around) {
    return "</main>\n</div>\n" + footer_html(words, around) + "</body>\n</html>\n";
}

Reply notice(Language language, int status, std::string_view heading, std::string_view text) {
    Reply reply;
    reply.status = status;
    reply.body = head_html(language, heading, "") +
                 fmt::format(
                     "<body class=\"notice\">\n<main id=\"main\">\n<p class=\"brand\"><img "
                     "src=\"/assets/icon.svg\" alt=\"\" width=\"28\" height=\"28\"><span>Cenote</span></p>\n"
                     "<h1>{}</h1>\n<p>{}</p>\n</main>\n</body>\n</html>\n",
                     escaped(heading), escaped(text));
    return reply;
}

}  // namespace cenote::pages
