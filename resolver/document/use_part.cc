// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "resolver/document/day_spans.h"
#include "resolver/document/parts.h"
#include "resolver/document/plans.h"

namespace cenote::document {
namespace {

constexpr std::size_t kServicesShown = 20;  // the others are in the annex

/// The services with most queries first.
std::vector<const Json*> by_queries(const Reading& reading) {
    std::vector<const Json*> services;
    for (const Json& service : at(reading.report(), "use.services")) services.push_back(&service);
    std::stable_sort(services.begin(), services.end(), [](const Json* a, const Json* b) {
        return number_at(*a, "total").value_or(0) > number_at(*b, "total").value_or(0);
    });
    return services;
}

Table services_table(const Reading& reading, const std::vector<const Json*>& services) {
    const TablePlan& plan = table_plan("services");
    TableMaker maker(reading, plan.id, plan.columns);
    for (const Json* service : services) maker.add({service});
    return shortened(reading, std::move(maker).finish(), kServicesShown);
}

/// Series that have an amount in no row are left out.
void drop_empty(std::vector<charts::Series>& series, const std::vector<std::vector<charts::Amount>*>& rows) {
    for (std::size_t i = series.size(); i-- > 0;) {
        const bool used =
            std::any_of(rows.begin(), rows.end(), [i](const auto* row) { return (*row)[i].value_or(0) > 0; });
        if (used || series.size() == 1) continue;
        const auto at_place = static_cast<std::ptrdiff_t>(i);
        series.erase(series.begin() + at_place);
        for (auto* row : rows) row->erase(row->begin() + at_place);
    }
}

Figure services_figure(const Reading& reading, const std::vector<const Json*>& services) {
    charts::Bars bars{frame(reading, "services", "c-services"), verdict_series(reading), {}};
    for (std::size_t i = 0; i < std::min(services.size(), kServicesShown); ++i) {
        const Json& service = *services[i];
        const std::string id = text_at(service, "id");
        bars.bars.push_back(
            {reading.service(id), verdict_amounts(at(service, "queries")), reading.number(at(service, "total"))});
    }
    std::vector<std::vector<charts::Amount>*> rows;
    for (auto& bar : bars.bars) rows.push_back(&bar.amounts);
    drop_empty(bars.series, rows);
    return {std::move(bars), {}, "services"};
}

void add_services(const Reading& reading, Blocks& blocks) {
    const auto services = by_queries(reading);
    if (services.empty()) {
        add_sentence(blocks, reading.say("none.services"));
        return;
    }
    blocks.emplace_back(Heading{reading.say("use.services")});
    blocks.emplace_back(services_figure(reading, services));
    blocks.emplace_back(services_table(reading, services));
    const Json& concentration = at(reading.report(), "use.concentration");
    if (number_at(concentration, "top5_share"))
        add_sentence(blocks,
                     reading.say("use.concentration", {{"share", reading.share(at(concentration, "top5_share"))},
                                                       {"services", reading.number(at(concentration, "services"))}}));
}

void add_days(const Reading& reading, Blocks& blocks) {
    const DaySpans spans = day_spans(reading);
    if (spans.spans.empty()) return;
    blocks.emplace_back(Heading{reading.say(spans.days_each == 1 ? "use.days" : "use.weeks")});
    charts::Columns columns{frame(reading, spans.days_each == 1 ? "days" : "weeks", "c-days"),
                            verdict_series(reading),
                            {},
                            reading.say("gap_name")};
    for (const DaySpan& span : spans.spans)
        columns.columns.push_back({span.label, span.queries, span.gap_s > 0, span.mark});
    std::vector<std::vector<charts::Amount>*> rows;
    for (auto& column : columns.columns) rows.push_back(&column.amounts);
    drop_empty(columns.series, rows);
    blocks.emplace_back(Figure{std::move(columns), spans.marks, "days"});
    blocks.emplace_back(day_table(reading, spans));
}

void add_hours(const Reading& reading, Blocks& blocks) {
    const Json& hours = at(reading.report(), "use.hours");
    blocks.emplace_back(Heading{reading.say("use.hours")});
    if (!hours.is_array() || hours.empty()) {
        add_sentence(blocks, reading.say("none.hours"));
        return;
    }
    charts::Columns columns{
        frame(reading, "hours", "c-hours"), {{charts::Tone::Accent, "", reading.say("column.queries")}}, {}, ""};
    for (const Json& hour : hours) {
        const auto queries = number_at(hour, "queries");
        columns.columns.push_back(
            {fmt::format("{:02}:00", number_at(hour, "hour").value_or(0)), {queries}, !queries.has_value(), ""});
    }
    blocks.emplace_back(Figure{std::move(columns), {}, "hours"});
    blocks.emplace_back(make_table(reading, "hours"));
}

}  // namespace

Blocks use_part(const Reading& reading) {
    Blocks blocks;
    add_sentence(blocks, reading.say("use.about"));
    add_services(reading, blocks);
    blocks.emplace_back(Heading{reading.say("use.kinds")});
    for (const char* id : {"categories", "vendors", "jurisdictions", "roles"})
        add_table(reading, blocks, shortened(reading, make_table(reading, id), kServicesShown));
    add_days(reading, blocks);
    add_hours(reading, blocks);
    return blocks;
}

}  // namespace cenote::document
