// SPDX-License-Identifier: Apache-2.0
#include "resolver/document/plans.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/check.h"

namespace cenote::document {
namespace {

bool is_number(Form form) { return form >= Form::Number && form <= Form::People; }

void walk(const Json& json, std::string_view path, Place& place, const std::function<void(const Place&)>& visit) {
    const std::size_t end = path.find("[]");
    const Json& value = at(json, path.substr(0, end));
    if (end == std::string_view::npos || !value.is_array()) return;
    const std::string_view rest = path.substr(std::min(end + 3, path.size()));
    for (const Json& item : value) {
        place.insert(place.begin(), &item);
        if (rest.empty())
            visit(place);
        else
            walk(item, rest, place, visit);
        place.erase(place.begin());
    }
}

/// What the last name of a column's path is a member of.
const Json& holder_of(const ColumnPlan& column, const Place& place) noexcept {
    const std::size_t dot = column.path.rfind('.');
    return dot == std::string_view::npos ? *place.front() : at(*place.front(), column.path.substr(0, dot));
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
    return text;
}

std::string plain_list(const Json& value) {
    std::string text;
    if (value.is_string()) return value.get<std::string>();
    if (!value.is_array()) return text;
    for (const Json& item : value)
        text += (text.empty() ? "" : " ") + (item.is_string() ? item.get<std::string>() : std::string());
    return text;
}

std::string words(const Reading& reading, std::string_view field, const Json& value) {
    if (value.is_string()) return reading.word(field, value.get<std::string>());
    std::vector<std::string> parts;
    if (value.is_array())
        for (const Json& item : value)
            if (item.is_string()) parts.push_back(reading.word(field, item.get<std::string>()));
    return parts.empty() ? "–" : joined(parts);
}

}  // namespace

std::span<const TablePlan> table_plans() noexcept {
    static const std::vector<TablePlan> kAll = [] {
        std::vector<TablePlan> made;
        for (const auto plans : {use_plans(), rule_plans(), proof_plans()})
            made.insert(made.end(), plans.begin(), plans.end());
        return made;
    }();
    return kAll;
}

const TablePlan& table_plan(std::string_view id) {
    const auto plans = table_plans();
    const auto found = std::find_if(plans.begin(), plans.end(), [id](const TablePlan& plan) { return plan.id == id; });
    CENOTE_CHECK(found != plans.end());
    return *found;
}

void for_each_row(const Json& json, std::string_view path, const std::function<void(const Place&)>& visit) {
    Place place;
    walk(json, path, place, visit);
}

const Json& value_of(const ColumnPlan& column, const Place& place) noexcept {
    const std::size_t up = std::min(column.path.find_first_not_of('^'), column.path.size());
    static const Json kNull;
    if (up >= place.size()) return kNull;
    const std::string_view path = column.path.substr(up);
    const std::size_t dot = path.rfind('.');
    const Json& holder = dot == std::string_view::npos ? *place[up] : at(*place[up], path.substr(0, dot));
    const Json& value = at(*place[up], path);
    return value.is_null() && is_withheld(holder) ? holder : value;
}

TableMaker::TableMaker(const Reading& reading, std::string_view id, std::span<const ColumnPlan> columns)
    : reading_(reading), plan_(columns) {
    table_.id = id;
    table_.title = reading.say(fmt::format("table.{}", id));
    for (const ColumnPlan& column : columns) {
        const std::string title = reading.say(fmt::format("column.{}", column.id));
        const bool hidden = column.shown == Shown::CsvOnly;
        table_.columns.push_back({std::string(column.id), title, is_number(column.form), hidden});
        if (column.form != Form::People) continue;
        for (const char* end : {"low", "high"})
            table_.columns.push_back({fmt::format("{}_{}", column.id, end),
                                      reading.say(fmt::format("column.people_{}", end), {{"what", title}}), true,
                                      true});
    }
}

void TableMaker::add(const Place& place) {
    std::vector<Cell> row;
    for (const ColumnPlan& column : plan_) {
        const Json& value = value_of(column, place);
        if (column.form == Form::Count && value.is_null() && holder_of(column, place).is_object())
            row.push_back({"0", "0"});  // of a map of counts that was counted
        else
            add_cell(row, column, value);
    }
    table_.rows.push_back(std::move(row));
}

void TableMaker::add_cell(std::vector<Cell>& row, const ColumnPlan& column, const Json& value) {
    if (column.form == Form::People) return add_people(row, value);
    if (value.is_null() && is_number(column.form) && column.form != Form::Ordinal && column.shown == Shown::Always)
        missing_ = true;
    row.push_back(cell(column, value));
}

Cell TableMaker::withheld_cell(const Json& value) {
    if (const auto limit = number_at(value, "fewer_than")) {
        fewer_ = true;
        limit_ = *limit;
        return {reading_.people(value), fmt::format("<{}", *limit)};
    }
    hidden_ = true;
    return {reading_.people(value), "hidden"};
}

void TableMaker::add_people(std::vector<Cell>& row, const Json& value) {
    const auto n = value.is_number_integer() ? std::optional(value.get<std::int64_t>()) : number_at(value, "n");
    estimates_ = estimates_ || n.has_value();
    if (is_withheld(value)) {
        row.push_back(withheld_cell(value));
    } else {
        missing_ = missing_ || !n;
        row.push_back({reading_.people(value), n ? fmt::format("{}", *n) : ""});
    }
    for (const char* end : {"low", "high"}) {
        const auto bound = number_at(value, end);
        row.push_back({bound ? charts::grouped(*bound) : "", bound ? fmt::format("{}", *bound) : ""});
    }
}

Cell TableMaker::number_cell(Form form, const Json& value) {
    if (is_withheld(value)) return withheld_cell(value);
    const bool known = value.is_number_integer();
    const std::string plain = known ? fmt::format("{}", value.get<std::int64_t>()) : "";
    switch (form) {
        case Form::Ordinal: {
            if (!known) return {"–", ""};
            const std::string place = fmt::format("{}", value.get<std::int64_t>() + 1);
            return {place, place};
        }
        case Form::Share: return {reading_.share(value), plain};
        case Form::Change: return {reading_.change(value), plain};
        case Form::Milli: return {reading_.milli(value), plain};
        case Form::Seconds: return {plain == "0" ? "–" : reading_.span(value), plain};
        default: return {reading_.number(value), plain};
    }
}

Cell TableMaker::cell(const ColumnPlan& column, const Json& value) {
    const std::string plain = value.is_string() ? value.get<std::string>() : "";
    switch (column.form) {
        case Form::Group: return {reading_.group(value), plain};
        case Form::Text:
            if (value.is_number_integer()) return {value.dump(), value.dump()};
            return {plain.empty() ? "–" : plain, plain};
        case Form::Day: return {plain.empty() ? "–" : plain, plain};
        case Form::Word: {
            const std::string one = value.is_boolean() ? (value.get<bool>() ? "true" : "false") : plain;
            return {reading_.word(column.field, one), one};
        }
        case Form::Words: return {words(reading_, column.field, value), plain_list(value)};
        case Form::List: return {reading_.list(value), plain_list(value)};
        case Form::Title: return {reading_.title(value), value.is_null() ? "" : reading_.title(value)};
        case Form::Service: return {plain.empty() ? "–" : reading_.service(plain), plain};
        case Form::Time: return {reading_.time(value), plain};
        default: return number_cell(column.form, value);
    }
}

Table TableMaker::finish() && {
    std::vector<std::string> notes;
    if (fewer_) notes.push_back(reading_.say("note.fewer", {{"limit", charts::grouped(limit_)}}));
    if (hidden_) notes.push_back(reading_.say("note.hidden"));
    if (missing_) notes.push_back(reading_.say("note.missing"));
    if (estimates_) notes.push_back(reading_.say("note.estimates"));
    for (const std::string& note : notes) table_.note += (table_.note.empty() ? "" : " ") + note;
    return std::move(table_);
}

Table make_table(const Reading& reading, std::string_view id) {
    const TablePlan& plan = table_plan(id);
    TableMaker maker(reading, plan.id, plan.columns);
    for_each_row(reading.report(), plan.rows, [&](const Place& place) { maker.add(place); });
    return std::move(maker).finish();
}

Table make_table_below(const Reading& reading, std::string_view id, const Json& row, std::string_view path) {
    TableMaker maker(reading, id, table_plan(id).columns);
    for_each_row(row, path, [&](Place place) {
        place.push_back(&row);
        maker.add(place);
    });
    return std::move(maker).finish();
}

Table shortened(const Reading& reading, Table table, std::size_t rows) {
    if (table.rows.size() <= rows) return table;
    const std::string all = charts::grouped(static_cast<std::int64_t>(table.rows.size()));
    const std::string note =
        reading.say("note.shortened", {{"n", charts::grouped(static_cast<std::int64_t>(rows))}, {"all", all}});
    table.rows.resize(rows);
    table.note = table.note.empty() ? note : note + " " + table.note;
    return table;
}

}  // namespace cenote::document
