// SPDX-License-Identifier: Apache-2.0
#include "resolver/assessment/query_tally.h"

#include <algorithm>
#include <numeric>

namespace cenote::assessment {
namespace {

using history::Span;
using telemetry::QueryVerdict;

constexpr std::int64_t kHoursOfDay = 24;

std::optional<std::size_t> column_of(QueryVerdict verdict) noexcept {
    for (std::size_t i = 0; i < kColumns.size(); ++i)
        if (kColumns[i].first == verdict) return i;
    return std::nullopt;
}

/// The value of a number in a vector that grows with the numbers.
template <typename Value>
Value& at(std::vector<Value>& values, std::uint32_t number) {
    if (number >= values.size()) values.resize(std::size_t{number} + 1);
    return values[number];
}

}  // namespace

std::uint64_t sum_of(const ByVerdict& counts) noexcept {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

bool is_limited(QueryVerdict verdict) noexcept {
    return verdict == QueryVerdict::Restrict || verdict == QueryVerdict::Block;
}

std::uint64_t limited_of(const ByVerdict& counts) noexcept {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kColumns.size(); ++i)
        if (is_limited(kColumns[i].first)) sum += counts[i];
    return sum;
}

const ServiceCounts& QueryTally::service(std::uint32_t service) const {
    static const ServiceCounts kNone;
    return service < services_.size() ? services_[service] : kNone;
}

const DirectiveCounts& QueryTally::directive(std::uint32_t directive) const {
    static const DirectiveCounts kNone;
    return directive < directives_.size() ? directives_[directive] : kNone;
}

std::uint64_t QueryTally::group(std::uint32_t group) const { return group < groups_.size() ? groups_[group] : 0; }

DirectiveCounts& QueryTally::counts_of(std::uint32_t directive) {
    DirectiveCounts& counts = at(directives_, directive);
    if (counts.days.empty()) counts.days.resize(static_cast<std::size_t>(period_.days()));
    return counts;
}

std::optional<QueryTally::Place> QueryTally::place_of(Span span, WallTime at) {
    Place place;
    if (span == Span::Day) {
        place.day = period_.day_of_date(std::chrono::floor<std::chrono::days>(at));
        if (place.day < 0 || place.day >= period_.days() || !period_.is_whole(place.day)) return std::nullopt;
        place.in_period = place.day >= period_.first_day();
        place.before = !place.in_period && period_.start(place.day) >= period_.before();
        return place;
    }
    if (at < period_.start(0) || at >= period_.to()) return std::nullopt;
    if (at < period_.start(at_day_)) at_day_ = 0;
    while (at >= period_.start(at_day_ + 1)) ++at_day_;
    place.day = at_day_;
    place.in_period = at >= period_.from();
    place.before = !place.in_period && at >= period_.before();
    return place;
}

void QueryTally::add(const history::Scan& scan, Span span, const history::CountRow& row) {
    const auto place = place_of(span, row.at);
    if (!place) return;
    if (place->in_period) nodes_[row.node] = true;
    has_rows_[static_cast<std::size_t>(place->day)] = true;
    if (!column_of(row.verdict) || row.count == 0) return;
    const std::uint32_t group = subjects_.group(scan, row.group);
    if (!inputs_.group.empty() && subjects_.groups()[group] != inputs_.group) return;
    const std::uint32_t service = subjects_.service(scan, row.service);
    const std::uint32_t directive = subjects_.directive(scan, row.directive);
    add_to_directives(row, *place, service, directive, group);
    if (row.verdict == QueryVerdict::Exception && place->in_period && directive != kNobody)
        exception_uses_.push_back({row.at, row.at + history::length_of(span), directive, group, row.count});
    if (!inputs_.directive.empty() && scan.text(row.directive) != inputs_.directive) return;
    if (service == kNobody) return;
    add_use(row, *place, service, group);
    if (place->in_period && span == Span::Hour) {
        const auto local = (row.at + period_.zone().offset_at(row.at)).time_since_epoch() / kHour;
        hours_[static_cast<std::size_t>(((local % kHoursOfDay) + kHoursOfDay) % kHoursOfDay)] += row.count;
    }
}

void QueryTally::add_use(const history::CountRow& row, const Place& place, std::uint32_t service, std::uint32_t group) {
    ServiceCounts& of = at(services_, service);
    if (!of.first_read || row.at < *of.first_read) of.first_read = row.at;
    if (place.before) of.before += row.count;
    if (!place.in_period) return;
    const std::size_t column = *column_of(row.verdict);
    of.queries[column] += row.count;
    of.roles[row.role] += row.count;
    of.groups[group] += row.count;
    if (!of.first || row.at < *of.first) of.first = row.at;
    if (!of.last || row.at > *of.last) of.last = row.at;
    at(groups_, group) += row.count;
    days_[static_cast<std::size_t>(place.day)][column] += row.count;
}

void QueryTally::add_to_directives(const history::CountRow& row, const Place& place, std::uint32_t service,
                                   std::uint32_t directive, std::uint32_t group) {
    const auto add_to = [&](std::uint32_t number) {
        DirectiveCounts& of = counts_of(number);
        DirectiveCounts::Day& day = of.days[static_cast<std::size_t>(place.day)];
        day.queries += row.count;
        if (is_limited(row.verdict)) day.limited += row.count;
        const bool open = row.verdict == QueryVerdict::Observe || row.verdict == QueryVerdict::Advise;
        if (place.in_period && open && service != kNobody) of.open[service] += row.count;
    };
    bool of_own = false;
    for (const std::uint32_t number : subjects_.covering(service, group)) {
        add_to(number);
        of_own = of_own || number == directive;
    }
    if (directive == kNobody) return;
    if (!of_own) add_to(directive);
    if (place.in_period) counts_of(directive).hits[{group, row.verdict}] += row.count;
}

}  // namespace cenote::assessment
