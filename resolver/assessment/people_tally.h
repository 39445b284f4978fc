// SPDX-License-Identifier: Apache-2.0
//
// Merges the sketches of a time: episodes of each day, which add up over days, and different clients of each month,
// which do not.
//
// Threads:  one.
// Time:     arguments.
// Memory:   the sketches of one day and one month at a time, and an estimate for each day of each directive.
// Failure:  none. Sketches of different seeds cannot be merged: their estimates are added, seeds() gives their number.
#pragma once

#include <map>
#include <set>
#include <unordered_map>
#include <vector>

#include "resolver/assessment/figure.h"
#include "resolver/assessment/period.h"
#include "resolver/assessment/subjects.h"

namespace cenote::assessment {

/// The days that the comparison of a directive is about, by their numbers: [from, to).
struct ComparedDays {
    struct Days {
        int from = 0;
        int to = 0;

        [[nodiscard]] bool has(int day) const noexcept { return day >= from && day < to; }
    };
    Days before, during, after;
};
inline constexpr std::size_t kComparedParts = 3;

/// Episodes, and clients of each month by the number of its first day in UTC.
struct PeopleCounts {
    Figure episodes;
    std::map<Date, Figure> clients;
};

class PeopleTally {
public:
    /// `compared`: by directive.
    PeopleTally(const Period& period, const Inputs& inputs, Subjects& subjects,
                const std::vector<ComparedDays>& compared);

    /// In the order of their days.
    void add(const history::Scan& scan, const history::SketchesRow& row);
    /// Must be called once, after the last row.
    void finish();

    [[nodiscard]] PeopleCounts& total() { return total_; }
    [[nodiscard]] PeopleCounts& service(std::uint32_t service) { return services_[service]; }
    [[nodiscard]] PeopleCounts& group(std::uint32_t group) { return groups_[group]; }
    [[nodiscard]] PeopleCounts& cell(std::uint32_t group, std::uint32_t service) { return cells_[{group, service}]; }
    /// By the word: a category, a vendor, a jurisdiction.
    using ByWord = std::map<std::string, PeopleCounts>;
    [[nodiscard]] ByWord& categories() { return categories_; }
    [[nodiscard]] ByWord& vendors() { return vendors_; }
    [[nodiscard]] ByWord& jurisdictions() { return jurisdictions_; }
    /// Episodes of a service in the equal span before.
    [[nodiscard]] Figure& before(std::uint32_t service) { return before_[service]; }
    /// Episodes of each day.
    [[nodiscard]] std::vector<Figure>& days() { return days_; }
    [[nodiscard]] std::vector<Figure>& directive_days(std::uint32_t directive);
    /// Clients behind a part of the comparison of a directive: the most of one month.
    [[nodiscard]] std::uint64_t compared_clients(std::uint32_t directive, std::size_t part) const;
    /// Episodes in the period of what a directive covers.
    [[nodiscard]] PeopleCounts& covered(std::uint32_t directive) { return covered_[directive]; }
    /// Seeds beyond one a month.
    [[nodiscard]] std::size_t seeds() const;

private:
    enum class Kind : std::uint8_t {
        Total,
        Service,
        Group,
        Cell,
        Category,
        Vendor,
        Jurisdiction,
        Directive,
        Compared,
        Before
    };
    struct Key {
        Kind kind = Kind::Total;
        std::uint32_t a = 0;
        std::uint32_t b = 0;

        friend bool operator==(const Key&, const Key&) = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const noexcept;
    };
    struct Seeded {
        std::uint64_t seed = 0;
        history::Sketch sketch;
    };
    using Sketches = std::unordered_map<Key, std::vector<Seeded>, KeyHash>;

    static void merge(Sketches& into, const Key& key, std::uint64_t seed, const history::Sketch& sketch);
    static std::uint64_t estimate_of(const std::vector<Seeded>& sketches);
    void end_day();
    void end_month();
    void add_to_directives(const history::SketchesRow& row, std::uint32_t service, std::uint32_t directive,
                           std::uint32_t group);
    void add_use(const history::SketchesRow& row, std::uint32_t service, std::uint32_t group);
    std::uint32_t word_number(const std::string& word);
    PeopleCounts* counts_of(const Key& key);

    const Period& period_;
    const Inputs& inputs_;
    Subjects& subjects_;
    const std::vector<ComparedDays>& compared_;

    int day_ = -1;  // of the rows that are not ended
    Date month_{};
    Sketches day_episodes_, day_clients_, month_clients_;
    std::map<Date, std::set<std::uint64_t>> seeds_;

    PeopleCounts total_;
    std::map<std::uint32_t, PeopleCounts> services_, groups_, covered_;
    std::map<std::pair<std::uint32_t, std::uint32_t>, PeopleCounts> cells_;
    ByWord categories_, vendors_, jurisdictions_;
    std::map<std::uint32_t, Figure> before_;
    std::vector<Figure> days_;
    std::map<std::uint32_t, std::vector<Figure>> directive_days_;
    std::map<std::pair<std::uint32_t, std::size_t>, std::uint64_t> compared_clients_;
    std::unordered_map<std::string, std::uint32_t> word_numbers_;
    std::vector<std::string> words_;
};

}  // namespace cenote::assessment
