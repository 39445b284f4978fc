// SPDX-License-Identifier: Apache-2.0
#include "resolver/assessment/assessment.h"

#include <algorithm>

#include "resolver/assessment/parts.h"
#include "resolver/base/digest.h"
#include "resolver/base/time_text.h"
#include "resolver/history/day_digests.h"

namespace cenote::assessment {
namespace {

using history::Span;

constexpr int kReportVersion = 1;

policy::TimeZone zone_of(const std::string& name) {
    auto zone = policy::TimeZone::load(name);
    return zone ? std::move(*zone) : policy::TimeZone();
}

/// Everything that is read of the history, in the order in which it must be.
class Reading {
public:
    Reading(const Inputs& inputs, history::Scan& scan, const std::atomic<bool>& stopping)
        : inputs_(inputs),
          scan_(scan),
          stopping_(stopping),
          period_(inputs.from, inputs.to, zone_of(inputs.zone)),
          timeline_(timeline_of(inputs.policies, inputs.to)),
          subjects_(inputs, timeline_),
          people_from_(period_.date(period_.first_day())),
          people_to_(WallTime(period_.date(period_.days() - 1)) + kDay),
          queries_(period_, inputs, subjects_),
          digests_(people_from_, people_to_) {}

    Status read() {
        Kept kept;
        for (auto& [span, ends] : {std::pair(Span::Hour, &kept.hours), std::pair(Span::Day, &kept.days)}) {
            auto found = scan_.ends(span);
            if (!found) return std::move(found).error();
            *ends = *found;
        }
        auto gaps =
            scan_.gaps(std::min(period_.start(0), WallTime(period_.date(0))), std::max(period_.to(), people_to_));
        if (!gaps) return std::move(gaps).error();
        gaps_ = std::move(*gaps);
        counted_.emplace(period_, kept, gaps_);
        if (auto done = read_days(); !done) return done;
        if (auto done = read_hours(); !done) return done;
        compare();
        people_.emplace(period_, inputs_, subjects_, comparison_days_);
        if (auto done = read_people(); !done) return done;
        return read_signals();
    }

    Json document();

private:
    Status read_days();
    Status read_hours();
    Status read_people();
    Status read_signals();
    void compare();
    [[nodiscard]] Json period_json() const;
    [[nodiscard]] Json scope_json() const;
    [[nodiscard]] Json data_json();
    [[nodiscard]] Json gaps_json(bool missing_only) const;
    [[nodiscard]] Json suspensions_json() const;
    [[nodiscard]] std::vector<std::string> nodes() const;
    [[nodiscard]] Status ended() const {
        return stopping_.load(std::memory_order_relaxed) ? Status(Error{"cenoted stops"}) : Status(Done{});
    }

    const Inputs& inputs_;
    history::Scan& scan_;
    const std::atomic<bool>& stopping_;
    Period period_;
    Timeline timeline_;
    Subjects subjects_;
    WallTime people_from_;  // of the days of UTC with the dates of the period
    WallTime people_to_;
    QueryTally queries_;
    history::DayDigests digests_;
    std::vector<history::Gap> gaps_;
    std::optional<Counted> counted_;
    std::vector<std::optional<WallTime>> covered_since_;  // by service
    std::vector<Comparison> comparisons_;                 // by directive
    std::vector<ComparedDays> comparison_days_;
    std::optional<PeopleTally> people_;
    std::vector<history::SignalRow> signals_;
    std::vector<report::Silence> silences_;
};

/// Rows of days: those of the period have their digests, those before the first hours stand for hours.
Status Reading::read_days() {
    const int first = counted_->first_day_of_hours();
    const WallTime from(period_.date(first > 0 ? 0 : period_.first_day()));
    const WallTime instead_until = first > 0 ? WallTime(period_.date(first - 1)) + kDay : from;
    auto read = scan_.counts(Span::Day, from, people_to_, [&](const history::CountRow& row) {
        if (stopping_.load(std::memory_order_relaxed)) return;
        if (row.at < instead_until) queries_.add(scan_, Span::Day, row);
        if (row.at >= people_from_) digests_.add(Span::Day, scan_.row_of(row));
    });
    return read ? ended() : read;
}

Status Reading::read_hours() {
    const int first = counted_->first_day_of_hours();
    if (first == period_.days()) return Done{};
    auto read = scan_.counts(Span::Hour, period_.start(first), period_.to(), [&](const history::CountRow& row) {
        if (!stopping_.load(std::memory_order_relaxed)) queries_.add(scan_, Span::Hour, row);
    });
    return read ? ended() : read;
}

/// Which days each directive is compared by, and since when each service is counted.
void Reading::compare() {
    const std::size_t services = subjects_.services().size();
    covered_since_.resize(services);
    for (std::uint32_t i = 0; i < services; ++i) {
        covered_since_[i] = queries_.service(i).first_read;
        for (std::uint32_t d = 0; d < subjects_.directives().size(); ++d) {
            const DirectiveLine* line = subjects_.line(d);
            if (line == nullptr || !line->covers_from || !subjects_.covers(d, i)) continue;
            if (!covered_since_[i] || *line->covers_from < *covered_since_[i]) covered_since_[i] = line->covers_from;
        }
    }
    comparisons_.resize(subjects_.directives().size());
    for (std::uint32_t d = 0; d < comparisons_.size(); ++d) {
        const DirectiveLine* line = subjects_.line(d);
        if (line != nullptr)
            comparisons_[d] =
                comparison_of(*line, period_, *counted_, counted_since(subjects_, queries_, covered_since_, d));
        comparison_days_.push_back(comparisons_[d].days);
    }
}

Status Reading::read_people() {
    auto read = scan_.sketches(WallTime(period_.date(0)), people_to_, [&](const history::SketchesRow& row) {
        if (stopping_.load(std::memory_order_relaxed)) return;
        people_->add(scan_, row);
        if (row.day >= people_from_) digests_.add(scan_.row_of(row));
    });
    if (!read) return read;
    people_->finish();
    covered_since_.resize(subjects_.services().size());  // a service may have sketches alone
    return ended();
}

Status Reading::read_signals() {
    auto read = scan_.signals(people_from_, people_to_, [&](const history::SignalRow& row) {
        signals_.push_back(row);
        digests_.add(row);
    });
    if (!read) return read;
    std::vector<history::GroupDay> days;
    read = scan_.group_days(people_from_ - report::kUsualDays, people_to_,
                            [&](const history::GroupDay& row) { days.push_back(row); });
    if (!read) return read;
    silences_ = report::silences(days, report::watched_groups(inputs_.groups, inputs_.smallest), people_from_);
    for (const history::Gap& gap : gaps_) digests_.add(gap);
    return ended();
}

std::vector<std::string> Reading::nodes() const {
    std::vector<std::string> nodes;
    for (const auto& [node, there] : queries_.nodes()) nodes.push_back(scan_.text(node));
    std::ranges::sort(nodes);
    return nodes;
}

Json Reading::period_json() const {
    const bool any = counted_->has_period();
    std::optional<WallTime> from, to;
    if (any) {
        from = std::max(*counted_->from(), period_.from());
        to = counted_->to();
    }
    Json people_from = nullptr;
    Json people_to = nullptr;
    for (int day = period_.first_day(); day < period_.days(); ++day) {
        if (!period_.is_whole(day)) continue;
        if (people_from.is_null()) people_from = format_time(WallTime(period_.date(day)));
        people_to = format_time(WallTime(period_.date(day)) + history::length_of(Span::Day));
    }
    const seconds hour = history::length_of(Span::Hour);
    const bool exact =
        period_.from().time_since_epoch() % hour == seconds(0) && period_.to().time_since_epoch() % hour == seconds(0);
    return {{field::kFrom, format_time(period_.from())},
            {field::kTo, format_time(period_.to())},
            {field::kZone, inputs_.zone.empty() ? "UTC" : inputs_.zone},
            {field::kDays, period_.days() - period_.first_day()},
            {field::kCountedFrom, report::time_json(from)},
            {field::kCountedTo, report::time_json(to)},
            {field::kHours, counted_->first_day_of_hours() <= period_.first_day()},
            {field::kExact, exact},
            {field::kPeopleFrom, std::move(people_from)},
            {field::kPeopleTo, std::move(people_to)}};
}

Json Reading::scope_json() const {
    Json groups = Json::array();
    for (const policy::Group& group : inputs_.groups)
        if (inputs_.group.empty() || group.id == inputs_.group)
            groups.push_back({{field::kId, group.id},
                              {field::kClientsExpected, group.expected == 0 ? Json(nullptr) : Json(group.expected)}});
    return {{field::kNodes, nodes()},
            {field::kDirective, report::text_or_null(inputs_.directive)},
            {field::kGroup, report::text_or_null(inputs_.group)},
            {field::kGroups, std::move(groups)},
            {field::kSmallest, inputs_.smallest}};
}

Json Reading::gaps_json(bool missing_only) const {
    Json rows = Json::array();
    for (const history::Gap& gap : gaps_) {
        if (gap.to <= period_.from() || gap.from >= period_.to() || (missing_only && !is_missing(gap, period_.zone())))
            continue;
        rows.push_back({{field::kNode, gap.node},
                        {field::kFrom, format_time(gap.from)},
                        {field::kTo, format_time(gap.to)},
                        {field::kWhy, gap.why}});
    }
    return rows;
}

Json Reading::data_json() {
    Json days = Json::array();
    for (const history::DayDigest& each : digests_.finish()) {
        const std::string day = date_text(std::chrono::floor<std::chrono::days>(each.day));
        if (days.empty() || days.back()[field::kDay] != day)
            days.push_back({{field::kDay, day}, {field::kNodes, Json::array()}});
        days.back()[field::kNodes].push_back({{field::kNode, each.node}, {field::kDigest, each.kept()}});
    }
    return {{field::kGaps, gaps_json(false)},
            {field::kDamagedRows, scan_.damaged()},
            {field::kDays, std::move(days)},
            {field::kSeeds, people_->seeds()}};
}

Json Reading::suspensions_json() const {
    Json rows = Json::array();
    for (const Suspension& each : timeline_.suspensions) {
        if (each.time.to <= period_.from()) continue;
        Json why = nullptr;
        for (const auto& [node, record] : inputs_.records)
            if (record.action == "suspend" && record.object == each.id) why = report::text_or_null(record.note);
        rows.push_back({{field::kId, each.id},
                        {field::kFrom, format_time(each.time.from)},
                        {field::kTo, format_time(each.time.to)},
                        {field::kWhy, std::move(why)}});
    }
    return rows;
}

Json Reading::document() {
    Material of{inputs_,  period_,      *counted_,      timeline_, subjects_, queries_,
                *people_, comparisons_, covered_since_, signals_,  silences_};
    hide_against_subtraction(of);
    Json document;
    document[field::kReport] = kReportVersion;
    document[field::kPeriod] = period_json();
    document[field::kScope] = scope_json();
    document[field::kPolicies] = policies_json(inputs_);
    document[field::kUse] = use_json(of);
    document[field::kWho] = who_json(of);
    document[field::kDirectives] = directives_json(of);
    document[field::kExceptions] = exceptions_json(of);
    document[field::kBypass] = bypass_json(of);
    document[field::kProof] = proof_json(inputs_);
    document[field::kDowntime] = gaps_json(true);
    document[field::kSuspensions] = suspensions_json();
    document[field::kRisk] = risk_json(of);
    document[field::kMethod] = method_json(inputs_);
    document[field::kTrail] = trail_json(inputs_);
    document[field::kData] = data_json();
    document[field::kSummary] = summary_json(document);
    document[field::kFindings] = findings_json(of, document);
    document[field::kDataDigest] = data_digest(document);
    document[field::kMade] = made_json(inputs_);
    return document;
}

}  // namespace

Result<Json> assess(const Inputs& inputs, history::Scan& scan, const std::atomic<bool>& stopping) {
    Reading reading(inputs, scan, stopping);
    if (auto read = reading.read(); !read) return std::move(read).error();
    return reading.document();
}

std::string canonical(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string data_digest(Json document) {
    document.erase(field::kMade);
    document.erase(field::kDataDigest);
    return to_hex(sha256(bytes_of(canonical(document))));
}

WallTime reading_begins(WallTime from, WallTime to, const std::string& zone) {
    return Period(from, to, zone_of(zone)).start(0);
}

Month last_month(const std::string& zone, WallTime now) {
    const policy::TimeZone of_site = zone_of(zone);
    const std::chrono::year_month_day today(date_of(of_site, now));
    const auto month = today.year() / today.month();
    return {start_of_date(of_site, Date((month - std::chrono::months(1)) / 1)),
            start_of_date(of_site, Date(month / 1))};
}

}  // namespace cenote::assessment
