// SPDX-License-Identifier: Apache-2.0
#include "resolver/pages/past.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "resolver/history/scan.h"
#include "resolver/pages/people_sums.h"

namespace cenote::pages {
namespace {

using history::IdNumber;
using history::Scan;
using history::Span;
using telemetry::QueryVerdict;

constexpr std::uint32_t kUnmet = 0xffffffff;
constexpr std::size_t kRoles = std::tuple_size_v<decltype(Use::roles)>;

constexpr std::size_t kNoIndex = kVerdictCount;

std::size_t index_of(QueryVerdict verdict) noexcept {
    switch (verdict) {
        case QueryVerdict::Block: return static_cast<std::size_t>(Verdict::Blocked);
        case QueryVerdict::Restrict: return static_cast<std::size_t>(Verdict::Restricted);
        case QueryVerdict::Advise: return static_cast<std::size_t>(Verdict::Advised);
        case QueryVerdict::Observe: return static_cast<std::size_t>(Verdict::Observed);
        case QueryVerdict::Exception: return static_cast<std::size_t>(Verdict::Excepted);
        case QueryVerdict::Allow: return static_cast<std::size_t>(Verdict::Allowed);
        case QueryVerdict::Forward:
        case QueryVerdict::Local: break;
    }
    return kNoIndex;
}

/// The lines of `Use` by the numbers that the file has for ids.
class Uses {
public:
    Uses(const Scan& scan, std::size_t columns) : scan_(scan), columns_(columns), places_(scan.ids(), kUnmet) {}

    std::uint32_t place_of(IdNumber id) {
        std::uint32_t& place = places_[id];
        if (place == kUnmet) {
            place = static_cast<std::uint32_t>(all_.size());
            all_.push_back({.id = scan_.text(id), .columns = std::vector<Sums>(columns_)});
        }
        return place;
    }
    [[nodiscard]] Use& at(std::uint32_t place) { return all_[place]; }
    [[nodiscard]] std::vector<Use> sorted() && {
        std::ranges::sort(all_, [](const Use& a, const Use& b) {
            const auto of_a = a.now.total();
            const auto of_b = b.now.total();
            return of_a != of_b ? of_a > of_b : a.id < b.id;
        });
        return std::move(all_);
    }

private:
    const Scan& scan_;
    std::size_t columns_;
    std::vector<std::uint32_t> places_;
    std::vector<Use> all_;
};

class PastReader {
public:
    PastReader(Past& past, Scan& scan, policy::TimeZone zone, std::set<std::string, std::less<>> lists)
        : past_(past),
          scan_(scan),
          zone_(std::move(zone)),
          lists_(std::move(lists)),
          is_service_(scan.ids(), kAsk),
          service_(filter(past.range.service)),
          directive_(filter(past.range.directive)),
          group_(filter(past.range.group)),
          services_(scan, past.slots.size()),
          groups_(scan, past.slots.size()),
          directives_(scan, past.slots.size()) {}

    Status read(Wants wants) {
        const Range& range = past_.range;
        if (auto read = read_before(range.span, range.before(), range.from); !read) return read;
        if (auto read =
                scan_.counts(range.span, range.from, range.to, [this](const history::CountRow& row) { add(row); });
            !read)
            return read;
        finish_pairs();
        past_.services = std::move(services_).sorted();
        past_.groups = std::move(groups_).sorted();
        past_.directives = std::move(directives_).sorted();
        if (wants == Wants::Counts) return Done{};
        if (auto read = read_signals(); !read) return read;
        return add_people(past_, scan_, [this](IdNumber id) { return is_service(id); });
    }

private:
    enum : std::uint8_t { kAsk, kNo, kYes };

    /// A list has its id in the same place, and most queries have none.
    bool is_service(IdNumber id) {
        std::uint8_t& known = is_service_[id];
        if (known == kAsk) {
            const std::string& text = scan_.text(id);
            known = text.empty() || lists_.contains(text) ? kNo : kYes;
        }
        return known == kYes;
    }
    bool is_wanted(const history::CountRow& row) {
        return is_service(row.service) && (!service_ || row.service == *service_) &&
               (!directive_ || row.directive == *directive_) && (!group_ || row.group == *group_);
    }
    /// The number of a filter; nullopt: there is no filter. A text that the history does not have has a number of none.
    [[nodiscard]] std::optional<IdNumber> filter(const std::string& text) const {
        if (text.empty()) return std::nullopt;
        for (std::size_t i = 0; i < scan_.ids(); ++i)
            if (scan_.text(static_cast<IdNumber>(i)) == text) return static_cast<IdNumber>(i);
        return static_cast<IdNumber>(scan_.ids());
    }

    /// Only sums are needed: whole hours or days in the place of their minutes or hours are fewer rows.
    Status read_before(Span span, WallTime from, WallTime to) {
        const auto take = [this](const history::CountRow& row) { add_before(row); };
        const Span larger = span == Span::Minute ? Span::Hour : Span::Day;
        const seconds unit = history::length_of(larger);
        const WallTime first = history::start_of(larger, from + unit - seconds(1));
        const WallTime last = history::start_of(larger, to);
        if (span == Span::Day || first >= last) return scan_.counts(span, from, to, take);
        auto read = scan_.counts(span, from, first, take);
        if (read) read = scan_.counts(larger, first, last, take);
        if (read) read = scan_.counts(span, last, to, take);
        return read;
    }

    /// A signal has a group, and neither service nor directive.
    Status read_signals() {
        const Range& range = past_.range;
        if (!range.service.empty() || !range.directive.empty()) return Done{};
        const WallTime from = history::start_of(Span::Day, range.from);
        const WallTime to = history::start_of(Span::Day, range.to + kDay - seconds(1));
        const WallTime before = from - (to - from);
        std::int64_t now_count = 0, before_count = 0;
        auto read = scan_.signals(before, to, [&](const history::SignalRow& row) {
            if (!range.group.empty() && row.key.group != range.group) return;
            (row.day < from ? before_count : now_count) += static_cast<std::int64_t>(row.count);
        });
        if (!read) return read;
        past_.signals = past_.counted(now_count);
        if (past_.since && *past_.since <= before) past_.signals_before = before_count;
        return read;
    }

    void add_before(const history::CountRow& row) {
        const std::size_t verdict = index_of(row.verdict);
        if (verdict == kNoIndex || !is_wanted(row)) return;
        past_.before.by[verdict] += row.count;
        services_.at(services_.place_of(row.service)).before.by[verdict] += row.count;
        groups_.at(groups_.place_of(row.group)).before.by[verdict] += row.count;
        directives_.at(directives_.place_of(row.directive)).before.by[verdict] += row.count;
    }

    void add(const history::CountRow& row) {
        const std::size_t verdict = index_of(row.verdict);
        if (verdict == kNoIndex || !is_wanted(row)) return;
        if (row.at != at_) move_to(row.at);
        past_.slots[column_].sums.by[verdict] += row.count;
        past_.total.by[verdict] += row.count;
        if (past_.range.span != Span::Day) past_.hours[hour_].by[verdict] += row.count;
        const std::uint32_t service = services_.place_of(row.service);
        const std::uint32_t group = groups_.place_of(row.group);
        add_to(services_.at(service), row, verdict);
        add_to(groups_.at(group), row, verdict);
        add_to(directives_.at(directives_.place_of(row.directive)), row, verdict);
        pair(group, service).by[verdict] += row.count;
    }

    void add_to(Use& use, const history::CountRow& row, std::size_t verdict) const {
        use.now.by[verdict] += row.count;
        use.columns[column_].by[verdict] += row.count;
        if (row.role < kRoles) use.roles[row.role] += row.count;
        if (!use.first) use.first = row.at;
        use.last = row.at;
    }

    /// Rows come in the order of their times.
    void move_to(WallTime at) {
        at_ = at;
        column_ = static_cast<std::size_t>((at - past_.range.from) / past_.range.each);
        const seconds local = (at + zone_.offset_at(at)).time_since_epoch();
        hour_ = static_cast<std::size_t>((local % kDay + kDay) % kDay / kHour);
    }

    Sums& pair(std::uint32_t group, std::uint32_t service) {
        if (group >= pairs_.size()) pairs_.resize(std::size_t{group} + 1);
        std::vector<Sums>& of_group = pairs_[group];
        if (service >= of_group.size()) of_group.resize(std::size_t{service} + 1);
        return of_group[service];
    }

    void finish_pairs() {
        for (std::uint32_t group = 0; group < pairs_.size(); ++group)
            for (std::uint32_t service = 0; service < pairs_[group].size(); ++service)
                if (pairs_[group][service].total() != 0)
                    past_.pairs[{groups_.at(group).id, services_.at(service).id}].now = pairs_[group][service];
    }

    Past& past_;
    Scan& scan_;
    policy::TimeZone zone_;
    std::set<std::string, std::less<>> lists_;  // their ids stand in the place of services
    std::vector<std::uint8_t> is_service_;      // by id
    std::optional<IdNumber> service_, directive_, group_;
    Uses services_, groups_, directives_;
    std::vector<std::vector<Sums>> pairs_;  // by group and service
    WallTime at_ = WallTime::min();         // of the last row, with its column and hour
    std::size_t column_ = 0, hour_ = 0;
};

/// What the history has, and the gaps of the range. Gives the time from which on spans of the range's kind are kept.
Result<WallTime> read_extent(Past& past, Scan& scan) {
    const auto days = scan.ends(Span::Day);
    const auto hours = scan.ends(Span::Hour);
    const auto own = scan.ends(past.range.span);
    auto gaps = scan.gaps(past.range.from, past.range.to);
    for (const auto* ends : {&days, &hours, &own})
        if (!*ends) return ends->error();
    if (!gaps) return std::move(gaps).error();
    past.gaps = std::move(*gaps);
    if (*days) {
        past.since = (*days)->first;
        past.until = (*days)->last + kDay;
    }
    if (*hours) {
        // The day of the first hour was not counted before that hour; earlier hours may have been deleted.
        if (!past.since || history::start_of(Span::Day, (*hours)->first) <= *past.since) past.since = (*hours)->first;
        past.until = (*hours)->last + kHour;
    }
    return *own ? (*own)->first : WallTime::max();
}

void mark_slots(Past& past, WallTime kept_from, WallTime now) {
    for (Slot& slot : past.slots) {
        const WallTime next = std::min(slot.from + past.range.each, past.range.to);
        const WallTime end = std::min(next, std::max(now, slot.from));
        const bool within = past.since && next > std::max(*past.since, kept_from) && slot.from < *past.until;
        seconds missing{0};
        for (const history::Gap& gap : past.gaps) {
            const WallTime from = std::max(gap.from, slot.from);
            const WallTime to = std::min(gap.to, end);
            if (to > from && gap.why != "unwritten") missing += to - from;
        }
        slot.is_counted = within && (missing == seconds(0) || missing < end - slot.from);
        slot.has_gap = !slot.is_counted || missing > seconds(0) || slot.from < *past.since;
    }
}

std::set<std::string, std::less<>> ids_of_lists(const Site& site) {
    std::set<std::string, std::less<>> ids;
    if (const auto lists = rows_from(site, "lists"))
        for (const Json& row : *lists) ids.insert(text_at(row, "id"));
    return ids;
}

policy::TimeZone zone_of(const Site& site) {
    const auto ping = site.daemon.data("ping");
    auto zone = policy::TimeZone::load(ping ? text_at(*ping, "timezone") : std::string());
    return zone ? std::move(*zone) : policy::TimeZone();
}

}  // namespace

std::int64_t Sums::total() const noexcept {
    return static_cast<std::int64_t>(std::accumulate(by.begin(), by.end(), std::uint64_t{0}));
}

std::int64_t Sums::limited() const noexcept { return of(Verdict::Blocked) + of(Verdict::Restricted); }

std::optional<std::int64_t> Past::counted(std::int64_t count) const {
    return has_counts() ? std::optional(count) : std::nullopt;
}

std::optional<std::int64_t> Past::counted_before(std::int64_t count) const {
    return has_before() ? std::optional(count) : std::nullopt;
}

const Use* find_use(const std::vector<Use>& all, std::string_view id) {
    const auto found = std::ranges::find(all, id, &Use::id);
    return found == all.end() ? nullptr : &*found;
}

namespace {

/// Reads what `more` asks for beside the extent.
Past read_past(const Site& site, const Range& range, const std::function<Status(Past&, Scan&)>& more) {
    Past past{.range = range, .smallest = site.smallest};
    past.slots.resize(range.columns());
    for (std::size_t i = 0; i < past.slots.size(); ++i)
        past.slots[i].from = range.from + range.each * static_cast<std::int64_t>(i);
    if (site.history.empty()) {
        past.trouble = say(site.request.language, "past.none");
        return past;
    }
    auto scan = Scan::open(site.history);
    auto kept_from = scan ? read_extent(past, **scan) : Result<WallTime>(scan.error());
    const Status read = kept_from ? more(past, **scan) : Status(kept_from.error());
    if (!read) past.trouble = say(site.request.language, "past.unreadable", {{"why", read.error().text}});
    if (kept_from) mark_slots(past, *kept_from, site.now);
    return past;
}

}  // namespace

Past past_of(const Site& site, const Range& range, Wants wants) {
    return read_past(site, range, [&](Past& past, Scan& scan) {
        return PastReader(past, scan, zone_of(site), ids_of_lists(site)).read(wants);
    });
}

Past extent_of(const Site& site, const Range& range) {
    return read_past(site, range, [](Past&, Scan&) { return Status(Done{}); });
}

}  // namespace cenote::pages
