// SPDX-License-Identifier: Apache-2.0
#include "resolver/document/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "resolver/document/plans.h"

namespace cenote::document {
namespace {

enum class Kind : std::uint8_t { Object, Array, Text, Number, Flag };

struct Member {
    std::string_view path;
    Kind kind;
};
/// What the parts read besides their tables; every object before what is in it.
constexpr std::array kMembers{
    Member{"made", Kind::Object},
    Member{"made.keep_hours_s", Kind::Number},
    Member{"data_digest", Kind::Text},
    Member{"period", Kind::Object},
    Member{"period.from", Kind::Text},
    Member{"period.to", Kind::Text},
    Member{"period.zone", Kind::Text},
    Member{"period.days", Kind::Number},
    Member{"period.counted_from", Kind::Text},
    Member{"period.counted_to", Kind::Text},
    Member{"period.hours", Kind::Flag},
    Member{"scope", Kind::Object},
    Member{"scope.nodes", Kind::Array},
    Member{"scope.directive", Kind::Text},
    Member{"scope.group", Kind::Text},
    Member{"scope.groups", Kind::Array},
    Member{"scope.smallest", Kind::Number},
    Member{"data", Kind::Object},
    Member{"data.gaps", Kind::Array},
    Member{"data.damaged_rows", Kind::Number},
    Member{"data.days", Kind::Array},
    Member{"data.seeds", Kind::Number},
    Member{"summary", Kind::Array},
    Member{"use", Kind::Object},
    Member{"use.concentration", Kind::Object},
    Member{"who", Kind::Object},
    Member{"who.services", Kind::Array},
    Member{"bypass", Kind::Object},
    Member{"bypass.rows", Kind::Array},
    Member{"risk", Kind::Object},
    Member{"risk.table_digest", Kind::Text},
    Member{"risk.source", Kind::Text},
    Member{"risk.text", Kind::Text},
    Member{"method", Kind::Object},
    Member{"method.sketch_registers", Kind::Number},
    Member{"method.catalogue", Kind::Object},
};

bool is_of(const Json& value, Kind kind) {
    if (value.is_null()) return true;
    switch (kind) {
        case Kind::Object: return value.is_object();
        case Kind::Array: return value.is_array();
        case Kind::Text: return value.is_string();
        case Kind::Number: return value.is_number_integer();
        case Kind::Flag: return value.is_boolean();
    }
    return false;
}

std::string_view kind_text(Kind kind) {
    constexpr std::array<std::string_view, 5> kTexts{"an object", "an array", "a text", "an integer", "true or false"};
    return kTexts[static_cast<std::size_t>(kind)];
}

/// Whether the object on the way to the last name of a path has that name, or is null itself.
bool has(const Json& json, std::string_view path) {
    const std::size_t dot = path.rfind('.');
    const Json& holder = dot == std::string_view::npos ? json : at(json, path.substr(0, dot));
    const auto name = std::string(path.substr(dot == std::string_view::npos ? 0 : dot + 1));
    return holder.is_null() || is_withheld(holder) || (holder.is_object() && holder.contains(name));
}

Error missing(std::string_view where) { return Error{fmt::format("the report has no '{}'", where)}; }
Error other_kind(std::string_view where, std::string_view kind) {
    return Error{fmt::format("'{}' of the report must be {}", where, kind)};
}

bool is_of_form(const Json& value, Form form) {
    switch (form) {
        case Form::Text: return value.is_string() || value.is_number_integer();
        case Form::Group:
        case Form::Service:
        case Form::Time:
        case Form::Day: return value.is_string();
        case Form::Word: return value.is_string() || value.is_boolean();
        case Form::Words:
        case Form::List: return value.is_array() || value.is_string();
        case Form::Title: return value.is_object() || value.is_string();
        case Form::People: return value.is_object();
        default: return value.is_number_integer();
    }
}

std::string_view form_text(Form form) {
    switch (form) {
        case Form::Words:
        case Form::List: return "an array";
        case Form::Title:
        case Form::People: return "an object";
        default: return form >= Form::Number ? "an integer" : "a text";
    }
}

Status check_row(const TablePlan& plan, const Place& place, std::size_t number) {
    for (const ColumnPlan& column : plan.columns) {
        const std::size_t up = std::min(column.path.find_first_not_of('^'), column.path.size());
        if (up != 0) continue;  // checked with the table of that row
        if (!place.front()->is_object()) return other_kind(fmt::format("row {} of {}", number, plan.rows), "an object");
        const std::string where = fmt::format("{}' in row {} of '{}", column.path, number, plan.rows);
        if (column.form != Form::Count && !has(*place.front(), column.path)) return missing(where);
        const Json& value = value_of(column, place);
        if (!value.is_null() && !is_withheld(value) && !is_of_form(value, column.form))
            return other_kind(where, form_text(column.form));
    }
    return Done{};
}

/// The array that a path of rows begins with, as far as it is one of the report itself.
Status check_table(const Json& report, const TablePlan& plan) {
    const std::string_view first = plan.rows.substr(0, plan.rows.find("[]"));
    if (!has(report, first)) return missing(first);
    if (!is_of(at(report, first), Kind::Array)) return other_kind(first, "an array");
    Status status = Done{};
    std::size_t number = 0;
    for_each_row(report, plan.rows, [&](const Place& place) {
        ++number;
        if (status) status = check_row(plan, place, number);
    });
    return status;
}

}  // namespace

Status check_shape(const Json& report) {
    if (!report.is_object()) return Error{"the report is no JSON object"};
    if (number_at(report, "report") != 1)
        return Error{"the report is of another version: 'report' must be 1; use the program that made it"};
    for (const Member& member : kMembers) {
        if (!has(report, member.path)) return missing(member.path);
        if (!is_of(at(report, member.path), member.kind)) return other_kind(member.path, kind_text(member.kind));
    }
    for (const TablePlan& plan : table_plans())
        if (auto checked = check_table(report, plan); !checked) return checked;
    return Done{};
}

}  // namespace cenote::document
