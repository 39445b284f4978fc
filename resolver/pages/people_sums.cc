// SPDX-License-Identifier: Apache-2.0
#include "resolver/pages/people_sums.h"

#include <algorithm>
#include <unordered_map>

namespace cenote::pages {
namespace {

using assessment::Figure;
using history::IdNumber;
using history::Scan;
using history::Sketch;

constexpr seconds kPeopleDays = 31 * kDay;
constexpr IdNumber kAll = 0;  // no id has this number

struct Key {
    IdNumber group = kAll;
    IdNumber service = kAll;

    friend bool operator==(const Key&, const Key&) = default;
};
struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
        return std::hash<std::uint64_t>{}(std::uint64_t{key.group} << 32U | key.service);
    }
};
struct Seeded {
    std::uint64_t seed = 0;
    Sketch sketch;
};
using Sketches = std::unordered_map<Key, std::vector<Seeded>, KeyHash>;

void merge(Sketches& into, const Key& key, std::uint64_t seed, const Sketch& sketch) {
    std::vector<Seeded>& of = into[key];
    const auto same = std::ranges::find(of, seed, &Seeded::seed);
    if (same == of.end())
        of.push_back({seed, sketch});
    else
        same->sketch.merge(sketch);
}

using PeopleOf = std::unordered_map<Key, People, KeyHash>;

class PeopleSums {
public:
    void add(const history::SketchesRow& row) {
        if (row.day != day_) end_day();
        day_ = row.day;
        for (const Key& key : {Key{}, Key{kAll, row.service}, Key{row.group, kAll}, Key{row.group, row.service}}) {
            merge(day_episodes_, key, row.seed_id, row.sketches.episodes);
            merge(clients_, key, row.seed_id, row.sketches.clients);
        }
    }

    [[nodiscard]] PeopleOf finish() && {
        end_day();
        for (const auto& [key, sketches] : clients_) {
            std::uint64_t most = 0;
            for (const Seeded& each : sketches) most = std::max(most, each.sketch.estimate());
            People& people = people_[key];
            people.episodes.note_clients(most);
            people.clients.add(most);
            people.clients.note_clients(most);
        }
        return std::move(people_);
    }

private:
    void end_day() {
        for (const auto& [key, sketches] : day_episodes_) {
            std::uint64_t sum = 0;
            for (const Seeded& each : sketches) sum += each.sketch.estimate();
            people_[key].episodes.add(sum);
        }
        day_episodes_.clear();
    }

    WallTime day_{};
    Sketches day_episodes_, clients_;
    PeopleOf people_;
};

/// Parts of one sum, and that sum where it may be hidden itself.
struct Parts {
    std::vector<People*> of;
    const People* sum = nullptr;
};

/// Whether one more was hidden.
bool hide_in(const Parts& parts, Figure People::*figure, std::uint64_t smallest) {
    const auto shown = [&](const Figure* each) { return each->is_shown(smallest); };
    std::vector<Figure*> figures;
    for (People* people : parts.of) figures.push_back(&(people->*figure));
    const auto before = std::ranges::count_if(figures, shown);
    if (parts.sum != nullptr && !(parts.sum->*figure).is_shown(smallest))
        for (Figure* each : figures) each->hide();
    assessment::hide_second(figures, smallest);
    return std::ranges::count_if(figures, shown) != before;
}

/// The services, the groups, the groups of each service and the services of each group are parts of a sum that is
/// shown. What is hidden among the groups of a service can leave a single one among the services of a group, so that
/// both are looked at until no more is hidden.
void hide(PeopleOf& all, std::uint64_t smallest) {
    Parts services, groups;
    std::unordered_map<Key, Parts, KeyHash> pairs;
    for (auto& [key, people] : all) {
        if (key == Key{}) continue;
        if (key.group == kAll) {
            services.of.push_back(&people);
        } else if (key.service == kAll) {
            groups.of.push_back(&people);
        } else {
            pairs[{kAll, key.service}].of.push_back(&people);
            pairs[{key.group, kAll}].of.push_back(&people);
        }
    }
    for (auto& [key, parts] : pairs) parts.sum = &all.at(key);
    for (Figure People::*figure : {&People::episodes, &People::clients}) {
        for (const Parts& parts : {services, groups}) hide_in(parts, figure, smallest);
        for (bool more = true; more;) {
            more = false;
            for (const auto& [key, parts] : pairs) more = hide_in(parts, figure, smallest) || more;
        }
    }
}

IdNumber number_in(const Scan& scan, const std::string& text) {
    for (std::size_t i = 1; i < scan.ids(); ++i)
        if (scan.text(static_cast<IdNumber>(i)) == text) return static_cast<IdNumber>(i);
    return static_cast<IdNumber>(scan.ids());
}

/// Gives the people to the lines of the range, by its filters. What was counted, and has nobody, is a zero.
class Givers {
public:
    Givers(const Scan& scan, const Range& range, const PeopleOf& all, bool counted) : all_(all), counted_(counted) {
        for (std::size_t i = 1; i < scan.ids(); ++i) numbers_.emplace(scan.text(static_cast<IdNumber>(i)), i);
        group_ = range.group.empty() ? kAll : number_in(scan, range.group);
        service_ = range.service.empty() ? kAll : number_in(scan, range.service);
    }

    void give(Past& past) const {
        past.people = people_at({group_, service_});
        for (Use& use : past.services) use.people = people_at({group_, number(use.id)});
        for (Use& use : past.groups) use.people = people_at({number(use.id), service_});
        for (auto& [key, pair] : past.pairs)
            pair.episodes = people_at({number(key.first), number(key.second)}).episodes;
    }

private:
    [[nodiscard]] IdNumber number(const std::string& text) const { return numbers_.at(text); }
    [[nodiscard]] People people_at(const Key& key) const {
        const auto found = all_.find(key);
        People people = found == all_.end() ? People{} : found->second;
        if (counted_) {
            people.episodes.note_counted();
            people.clients.note_counted();
        }
        return people;
    }

    const PeopleOf& all_;
    bool counted_;
    IdNumber group_ = kAll, service_ = kAll;
    std::unordered_map<std::string, IdNumber> numbers_;
};

}  // namespace

Status add_people(Past& past, Scan& scan, const IsService& is_service) {
    const Range& range = past.range;
    past.people_to = history::start_of(history::Span::Day, range.to - seconds(1)) + kDay;
    past.people_from = std::max(history::start_of(history::Span::Day, range.from), past.people_to - kPeopleDays);
    if (!range.directive.empty()) return Done{};
    PeopleSums sums;
    auto read = scan.sketches(past.people_from, past.people_to, [&](const history::SketchesRow& row) {
        if (is_service(row.service)) sums.add(row);
    });
    if (!read) return read;
    PeopleOf all = std::move(sums).finish();
    hide(all, past.smallest);
    Givers(scan, range, all, past.has_counts()).give(past);
    return Done{};
}

}  // namespace cenote::pages
