// SPDX-License-Identifier: Apache-2.0
#include "resolver/assessment/people_tally.h"

#include <algorithm>

namespace cenote::assessment {
namespace {

Date month_of(Date date) {
    const std::chrono::year_month_day day(date);
    return Date(day.year() / day.month() / 1);
}

}  // namespace

PeopleTally::PeopleTally(const Period& period, const Inputs& inputs, Subjects& subjects,
                         const std::vector<ComparedDays>& compared)
    : period_(period),
      inputs_(inputs),
      subjects_(subjects),
      compared_(compared),
      days_(static_cast<std::size_t>(period.days())) {}

std::size_t PeopleTally::KeyHash::operator()(const Key& key) const noexcept {
    constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15U;
    const std::uint64_t packed =
        std::uint64_t{static_cast<std::uint8_t>(key.kind)} << 60U | std::uint64_t{key.a} << 30U | key.b;
    return static_cast<std::size_t>((packed * kOdd) >> 20U);
}

void PeopleTally::merge(Sketches& into, const Key& key, std::uint64_t seed, const history::Sketch& sketch) {
    std::vector<Seeded>& of = into[key];
    const auto same = std::ranges::find(of, seed, &Seeded::seed);
    if (same == of.end())
        of.push_back({seed, sketch});
    else
        same->sketch.merge(sketch);
}

std::uint64_t PeopleTally::estimate_of(const std::vector<Seeded>& sketches) {
    std::uint64_t sum = 0;
    for (const Seeded& each : sketches) sum += each.sketch.estimate();
    return sum;
}

std::uint32_t PeopleTally::word_number(const std::string& word) {
    const auto [known, is_new] = word_numbers_.emplace(word, words_.size());
    if (is_new) words_.push_back(word);
    return known->second;
}

std::vector<Figure>& PeopleTally::directive_days(std::uint32_t directive) {
    std::vector<Figure>& of = directive_days_[directive];
    if (of.empty()) of.resize(static_cast<std::size_t>(period_.days()));
    return of;
}

std::uint64_t PeopleTally::compared_clients(std::uint32_t directive, std::size_t part) const {
    const auto found = compared_clients_.find({directive, part});
    return found == compared_clients_.end() ? 0 : found->second;
}

std::size_t PeopleTally::seeds() const {
    std::size_t beyond = 0;
    for (const auto& [month, seeds] : seeds_) beyond += seeds.size() - 1;
    return beyond;
}

void PeopleTally::add(const history::Scan& scan, const history::SketchesRow& row) {
    const Date date = std::chrono::floor<std::chrono::days>(row.day);
    const int day = period_.day_of_date(date);
    if (day < 0 || day >= period_.days() || !period_.is_whole(day)) return;
    if (day != day_) {
        end_day();
        if (month_of(date) != month_) end_month();
        day_ = day;
        month_ = month_of(date);
    }
    const std::uint32_t group = subjects_.group(scan, row.group);
    if (!inputs_.group.empty() && subjects_.groups()[group] != inputs_.group) return;
    if (day >= period_.first_day()) seeds_[month_].insert(row.seed_id);
    const std::uint32_t service = subjects_.service(scan, row.service);
    add_to_directives(row, service, subjects_.directive(scan, row.directive), group);
    if (!inputs_.directive.empty() && scan.text(row.directive) != inputs_.directive) return;
    if (service != kNobody) add_use(row, service, group);
}

void PeopleTally::add_to_directives(const history::SketchesRow& row, std::uint32_t service, std::uint32_t directive,
                                    std::uint32_t group) {
    const auto add_to = [&](std::uint32_t number) {
        const Key key{Kind::Directive, number, 0};
        merge(day_episodes_, key, row.seed_id, row.sketches.episodes);
        merge(day_clients_, key, row.seed_id, row.sketches.clients);
        if (number >= compared_.size()) return;
        const ComparedDays& days = compared_[number];
        for (const auto& [part, of] :
             {std::pair(0U, days.before), std::pair(1U, days.during), std::pair(2U, days.after)})
            if (of.has(day_)) merge(month_clients_, {Kind::Compared, number, part}, row.seed_id, row.sketches.clients);
        if (day_ >= period_.first_day()) merge(month_clients_, key, row.seed_id, row.sketches.clients);
    };
    bool of_own = false;
    for (const std::uint32_t number : subjects_.covering(service, group)) {
        add_to(number);
        of_own = of_own || number == directive;
    }
    if (directive != kNobody && !of_own) add_to(directive);
}

void PeopleTally::add_use(const history::SketchesRow& row, std::uint32_t service, std::uint32_t group) {
    const bool in_period = day_ >= period_.first_day();
    const auto add = [&](const Key& key) {
        merge(day_episodes_, key, row.seed_id, row.sketches.episodes);
        if (in_period) merge(month_clients_, key, row.seed_id, row.sketches.clients);
    };
    add({Kind::Service, service, 0});
    if (!in_period) {
        merge(month_clients_, {Kind::Before, service, 0}, row.seed_id, row.sketches.clients);
        return;
    }
    add({Kind::Total, 0, 0});
    merge(day_clients_, {Kind::Total, 0, 0}, row.seed_id, row.sketches.clients);
    add({Kind::Group, group, 0});
    add({Kind::Cell, group, service});
    const domainset::Source* source = subjects_.services()[service].source;
    if (source == nullptr) return;
    for (const std::string& category : source->categories) add({Kind::Category, word_number(category), 0});
    if (!source->vendor.empty()) add({Kind::Vendor, word_number(source->vendor), 0});
    if (!source->jurisdiction.empty()) add({Kind::Jurisdiction, word_number(source->jurisdiction), 0});
}

PeopleCounts* PeopleTally::counts_of(const Key& key) {
    switch (key.kind) {
        case Kind::Total: return &total_;
        case Kind::Service: return &services_[key.a];
        case Kind::Group: return &groups_[key.a];
        case Kind::Cell: return &cells_[{key.a, key.b}];
        case Kind::Category: return &categories_[words_[key.a]];
        case Kind::Vendor: return &vendors_[words_[key.a]];
        case Kind::Jurisdiction: return &jurisdictions_[words_[key.a]];
        case Kind::Directive: return &covered_[key.a];
        case Kind::Compared:
        case Kind::Before: break;
    }
    return nullptr;
}

void PeopleTally::end_day() {
    if (day_ < 0) return;
    const bool in_period = day_ >= period_.first_day();
    const bool before = !in_period && period_.start(day_) >= period_.before();
    for (const auto& [key, sketches] : day_episodes_) {
        const std::uint64_t episodes = estimate_of(sketches);
        if (key.kind == Kind::Directive) directive_days(key.a)[static_cast<std::size_t>(day_)].add(episodes);
        if (key.kind == Kind::Total) days_[static_cast<std::size_t>(day_)].add(episodes);
        if (in_period) counts_of(key)->episodes.add(episodes);
        if (before && key.kind == Kind::Service) before_[key.a].add(episodes);
    }
    for (const auto& [key, sketches] : day_clients_) {
        Figure& of = key.kind == Kind::Total ? days_[static_cast<std::size_t>(day_)]
                                             : directive_days(key.a)[static_cast<std::size_t>(day_)];
        of.note_clients(estimate_of(sketches));
    }
    day_episodes_.clear();
    day_clients_.clear();
}

void PeopleTally::end_month() {
    for (const auto& [key, sketches] : month_clients_) {
        const std::uint64_t clients = estimate_of(sketches);
        if (key.kind == Kind::Compared) {
            std::uint64_t& most = compared_clients_[{key.a, key.b}];
            most = std::max(most, clients);
            continue;
        }
        if (key.kind == Kind::Before) {
            before_[key.a].note_clients(clients);
            continue;
        }
        PeopleCounts* of = counts_of(key);
        of->episodes.note_clients(clients);
        Figure& month = of->clients[month_];
        month.add(clients);
        month.note_clients(clients);
    }
    month_clients_.clear();
}

void PeopleTally::finish() {
    end_day();
    end_month();
}

}  // namespace cenote::assessment
