// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/history_rows.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

#include "resolver/base/digest.h"
#include "resolver/base/time_text.h"
#include "resolver/report/fields.h"
#include "resolver/sinks/hit_record.h"

namespace cenote::report {
namespace {

constexpr std::string_view kCount = "count";
constexpr std::string_view kSketch = "sketch";
constexpr std::string_view kSignal = "signal";
constexpr std::string_view kGap = "gap";
constexpr std::size_t kIdMax = 255;
constexpr int kHex = 16;

std::string_view span_word(history::Span span) {
    switch (span) {
        case history::Span::Minute: return "minute";
        case history::Span::Hour: return "hour";
        case history::Span::Day: break;
    }
    return "day";
}

/// A value by the word for it, among those from 0 to `last`.
template <typename Value, typename Word>
std::optional<Value> value_of(const std::string& text, int last, Word word) {
    for (int i = 0; i <= last; ++i)
        if (text == word(static_cast<Value>(i))) return static_cast<Value>(i);
    return std::nullopt;
}

/// Reads the fields of a row; the first that is wrong is kept.
class RowFields {
public:
    explicit RowFields(const Json& row) : row_(row) {}

    std::string text(const char* key) {
        const auto found = row_.find(key);
        if (found == row_.end() || !found->is_string()) return wrong(key), std::string();
        std::string value = found->get<std::string>();
        if (value.size() > kIdMax) wrong(key);
        return value;
    }
    std::string node() {
        std::string value = text(field::kNode);
        if (value.empty()) wrong(field::kNode);
        return value;
    }
    WallTime time(const char* key) {
        const auto at = parse_time(text(key));
        if (!at) wrong(key);
        return at ? *at : WallTime();
    }
    WallTime start(const char* key, history::Span span) {
        const WallTime at = time(key);
        if (history::start_of(span, at) != at) wrong(key);
        return at;
    }
    std::uint64_t count(const char* key) {
        const auto found = row_.find(key);
        if (found == row_.end() || !found->is_number_unsigned()) return wrong(key), 0;
        const auto value = found->get<std::uint64_t>();
        if (value > std::numeric_limits<std::int64_t>::max()) wrong(key);
        return value;
    }
    template <typename Value, typename Word>
    Value word(const char* key, int last, Word word_for) {
        const auto value = value_of<Value>(text(key), last, word_for);
        if (!value) wrong(key);
        return value.value_or(Value{});
    }
    std::uint64_t seed_id() {
        const std::string hex = text(field::kSeedId);
        std::uint64_t id = 0;
        const auto read = std::from_chars(hex.data(), hex.data() + hex.size(), id, kHex);
        if (read.ec != std::errc() || read.ptr != hex.data() + hex.size() ||
            id > std::numeric_limits<std::int64_t>::max())
            wrong(field::kSeedId);
        return id;
    }
    history::Sketch sketch(const char* key) {
        const auto found = row_.find(key);
        const std::string base64 =
            found != row_.end() && found->is_string() ? found->get<std::string>() : std::string();
        const auto bytes = from_base64(base64);
        const auto read = bytes ? history::Sketch::from_bytes(*bytes) : std::nullopt;
        if (!read) wrong(key);
        return read.value_or(history::Sketch());
    }

    Status status() const {
        return wrong_ == nullptr ? Status(Done{}) : Status(Error{fmt::format("'{}' is wrong or missing", wrong_)});
    }

private:
    void wrong(const char* key) {
        if (wrong_ == nullptr) wrong_ = key;
    }

    const Json& row_;
    const char* wrong_ = nullptr;
};

std::string role_word(telemetry::RoleNumber role) { return std::string(sinks::role_to_text(role)); }

Status read_count(RowFields& fields, history::Imported& into) {
    constexpr int kLastRole = 7;
    constexpr int kLastTransport = 15;  // the word for a number that is no transport is that of one before it
    const auto span = fields.word<history::Span>(field::kSpan, 2, span_word);
    if (span == history::Span::Minute) return Error{"'span' is hour or day: minutes are not imported"};
    history::Row row;
    row.at = fields.start(field::kAt, span);
    row.node = fields.node();
    row.series.verdict = fields.word<telemetry::QueryVerdict>(
        field::kVerdict, static_cast<int>(telemetry::QueryVerdict::Local), telemetry::verdict_to_text);
    row.series.role = fields.word<telemetry::RoleNumber>(field::kRole, kLastRole, role_word);
    row.series.transport =
        fields.word<telemetry::QueryTransport>(field::kTransport, kLastTransport, telemetry::transport_to_text);
    row.series.service = fields.text(field::kService);
    row.series.directive = fields.text(field::kDirective);
    row.series.group = fields.text(field::kGroup);
    row.count = fields.count(field::kCount);
    (span == history::Span::Hour ? into.hours : into.days).push_back(std::move(row));
    return Done{};
}

}  // namespace

Json history_row_json(history::Span span, const history::Row& row) {
    return {{field::kKind, kCount},
            {field::kSpan, span_word(span)},
            {field::kAt, format_time(row.at)},
            {field::kNode, row.node},
            {field::kVerdict, telemetry::verdict_to_text(row.series.verdict)},
            {field::kService, row.series.service},
            {field::kRole, role_word(row.series.role)},
            {field::kDirective, row.series.directive},
            {field::kGroup, row.series.group},
            {field::kTransport, telemetry::transport_to_text(row.series.transport)},
            {field::kCount, row.count}};
}

Json history_row_json(const history::SketchRow& row) {
    return {{field::kKind, kSketch},
            {field::kDay, format_time(row.day)},
            {field::kNode, row.node},
            {field::kService, row.key.service},
            {field::kDirective, row.key.directive},
            {field::kGroup, row.key.group},
            {field::kSeedId, fmt::format("{:x}", row.seed_id)},
            {field::kClients, to_base64(row.sketches.clients.bytes())},
            {field::kEpisodes, to_base64(row.sketches.episodes.bytes())}};
}

Json history_row_json(const history::SignalRow& row) {
    return {{field::kKind, kSignal},        {field::kDay, format_time(row.day)},
            {field::kNode, row.node},       {field::kSignal, telemetry::signal_to_text(row.key.signal)},
            {field::kGroup, row.key.group}, {field::kCount, row.count}};
}

Json history_row_json(const history::Gap& gap) {
    return {{field::kKind, kGap},
            {field::kNode, gap.node},
            {field::kFrom, format_time(gap.from)},
            {field::kTo, format_time(gap.to)},
            {field::kWhy, gap.why}};
}

Status read_history_row(const Json& row, history::Imported& into) {
    if (!row.is_object()) return Error{"it is no row of a history"};
    RowFields fields(row);
    const std::string kind = fields.text(field::kKind);
    if (kind == kCount) {
        if (auto read = read_count(fields, into); !read) return read;
    } else if (kind == kSketch) {
        history::SketchRow sketch;
        sketch.day = fields.start(field::kDay, history::Span::Day);
        sketch.node = fields.node();
        sketch.key = {fields.text(field::kService), fields.text(field::kDirective), fields.text(field::kGroup)};
        sketch.seed_id = fields.seed_id();
        sketch.sketches = {fields.sketch(field::kClients), fields.sketch(field::kEpisodes)};
        into.sketches.push_back(std::move(sketch));
    } else if (kind == kSignal) {
        history::SignalRow signal;
        signal.day = fields.start(field::kDay, history::Span::Day);
        signal.node = fields.node();
        signal.key.signal =
            fields.word<telemetry::Signal>(field::kSignal, telemetry::kSignalCount - 1, telemetry::signal_to_text);
        if (signal.key.signal == telemetry::Signal::None) return Error{"'signal' is none"};
        signal.key.group = fields.text(field::kGroup);
        signal.count = fields.count(field::kCount);
        into.signals.push_back(std::move(signal));
    } else if (kind == kGap) {
        history::Gap gap{fields.node(), fields.time(field::kFrom), fields.time(field::kTo), fields.text(field::kWhy)};
        if (gap.to <= gap.from) return Error{"a gap ends before it begins"};
        into.gaps.push_back(std::move(gap));
    } else if (fields.status()) {
        return Error{fmt::format("this version does not know a row of kind '{}'", kind.substr(0, kIdMax))};
    }
    return fields.status();
}

}  // namespace cenote::report
